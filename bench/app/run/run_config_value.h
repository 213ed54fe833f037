#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/app/values.h"
#include "bench/base/error.h"

namespace bench {

/// A value of the file, and the words that say where it stands.
class ConfigValue {
 public:
  ConfigValue(const toml::node& node, std::string key, const std::filesystem::path& file)
      : node_(node), key_(std::move(key)), file_(file) {}

  [[nodiscard]] std::string place() const {
    return fmt::format("{}:{}:{}", file_.string(), node_.source().begin.line, node_.source().begin.column);
  }
  [[nodiscard]] std::string where() const { return place() + ": " + key_; }
  [[nodiscard]] const std::string& key() const { return key_; }
  [[noreturn]] void refuse(const std::string& why, const std::string& remedy) const {
    throw Error(ErrorCode::kUsage, where() + " " + why, remedy);
  }

  [[nodiscard]] std::string text() const {
    const auto* value = node_.as_string();
    if (value == nullptr || value->get().empty()) refuse("is not a text", fmt::format("{} = \"…\"", key_));
    return value->get();
  }
  [[nodiscard]] bool flag() const {
    const auto* value = node_.as_boolean();
    if (value == nullptr) refuse("is neither true nor false", fmt::format("{} = true", key_));
    return value->get();
  }
  [[nodiscard]] std::int64_t whole(std::int64_t least, std::int64_t most) const {
    const auto* value = node_.as_integer();
    if (value == nullptr || value->get() < least || value->get() > most) {
      refuse(fmt::format("is not a whole number from {} to {}", least, most),
             fmt::format("{} = {}", key_, least));
    }
    return value->get();
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> all;
    if (const toml::array* array = node_.as_array()) {
      for (const toml::node& item : *array) all.push_back(ConfigValue(item, key_, file_).text());
    }
    if (all.empty()) refuse("is not a list of texts", fmt::format("{} = [\"…\", \"…\"]", key_));
    return all;
  }
  /// Relative to the file.
  [[nodiscard]] std::filesystem::path path() const { return beside(text()); }
  [[nodiscard]] std::filesystem::path beside(const std::filesystem::path& path) const {
    return (std::filesystem::absolute(file_).parent_path() / path).lexically_normal();
  }
  [[nodiscard]] const toml::node& node() const { return node_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  const toml::node& node_;
  std::string key_;
  const std::filesystem::path& file_;
};

/// One key of a table of the file.
template <typename Settings>
struct ConfigKey {
  const char* name;
  const char* option;  ///< of the command line that wins; null: there is none
  void (*read)(const ConfigValue&, Settings&);
};

using Given = std::function<bool(const std::string&)>;

/// Every key must be one of `keys`. What the command line says is checked too, but not taken.
template <typename Settings>
void read_table(const toml::table& table, const std::filesystem::path& file,
                const std::vector<ConfigKey<Settings>>& keys, const Given& given, Settings& settings) {
  for (const auto& [name_of_key, node] : table) {
    const toml::key& name = name_of_key;  // a structured binding cannot be captured
    const ConfigValue value(node, std::string(name.str()), file);
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const auto& row) { return name.str() == row.name; });
    if (key == keys.end()) {
      std::vector<std::string> known;
      known.reserve(keys.size());
      for (const auto& row : keys) known.emplace_back(row.name);
      const auto& begin = name.source().begin;
      throw Error(
          ErrorCode::kUsage,
          fmt::format("{}:{}:{}: unknown key '{}'", file.string(), begin.line, begin.column, name.str()),
          did_you_mean(std::string(name.str()), known) +
              fmt::format("keys here: {}", fmt::join(known, ", ")));
    }
    Settings unused = settings;
    key->read(value, key->option != nullptr && given(key->option) ? unused : settings);
  }
}

}  // namespace bench
