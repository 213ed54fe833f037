#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/base/error.h"
#include "bench/core/run.h"

namespace bench {

/// Where a JSON text came from, and what to do when it cannot be understood.
struct JsonOrigin {
  std::string file, remedy;
};

/// Throws Error{kCorrupt} with the byte where the text stops being JSON.
inline nlohmann::json parse_json(std::string_view text, const JsonOrigin& origin) {
  try {
    return nlohmann::json::parse(text.begin(), text.end());
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: not valid JSON at byte {}", origin.file, error.byte),
                "the file is cut off or damaged: " + origin.remedy);
  } catch (const nlohmann::json::exception&) {  // a number beyond every double
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: not valid JSON: a number is out of range", origin.file),
                "the file is damaged: " + origin.remedy);
  }
}

/// A JSON value that knows where it is. The place is only spelt out when there is an error to report.
class JsonNode {
 public:
  JsonNode(const nlohmann::json& json, const JsonOrigin& origin) : json_(&json), origin_(&origin) {}

  [[noreturn]] void fail(const std::string& problem) const {
    const std::string where = path();
    throw Error(ErrorCode::kCorrupt,
                where.empty() ? fmt::format("{}: {}", origin_->file, problem)
                              : fmt::format("{}: {}: {}", origin_->file, where, problem),
                origin_->remedy);
  }

  [[nodiscard]] JsonNode at(const char* key) const {
    const nlohmann::json& found = member(key);
    return JsonNode(found, *this, key, 0);
  }
  [[nodiscard]] bool has(const char* key) const {
    expect_object();
    const auto it = json_->find(key);
    return it != json_->end() && !it->is_null();
  }

  template <typename F>
  void each(F&& visit) const {
    if (!json_->is_array()) {
      fail("expected a list");
    }
    for (std::size_t i = 0; i < json_->size(); ++i) {
      visit(JsonNode((*json_)[i], *this, nullptr, i));
    }
  }

  [[nodiscard]] std::string text() const {
    if (!json_->is_string()) {
      fail("expected a string");
    }
    return json_->get<std::string>();
  }
  [[nodiscard]] double number() const {
    if (!json_->is_number()) {
      fail("expected a number");
    }
    return json_->get<double>();
  }
  [[nodiscard]] bool boolean() const {
    if (!json_->is_boolean()) {
      fail("expected true or false");
    }
    return json_->get<bool>();
  }
  [[nodiscard]] std::uint64_t natural() const {
    if (!json_->is_number_unsigned()) {
      fail("expected a whole number that is not negative");
    }
    return json_->get<std::uint64_t>();
  }
  [[nodiscard]] std::int64_t integer() const {
    if (natural() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail("the number is too large");
    }
    return json_->get<std::int64_t>();
  }
  [[nodiscard]] int small() const {
    if (natural() > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
      fail("the number is too large");
    }
    return json_->get<int>();
  }

  [[nodiscard]] Facts facts(std::initializer_list<std::string_view> but = {}) const {
    expect_object();
    Facts result;
    for (const auto& [key, value] : json_->items()) {
      if (std::find(but.begin(), but.end(), key) == but.end()) {
        result.emplace(key, JsonNode(value, *this, key.c_str(), 0).fact());
      }
    }
    return result;
  }

  [[nodiscard]] Interval interval() const {
    if (!json_->is_array() || json_->size() != 2) {
      fail("expected [low, high]");
    }
    return {JsonNode((*json_)[0], *this, nullptr, 0).number(),
            JsonNode((*json_)[1], *this, nullptr, 1).number()};
  }

  [[nodiscard]] std::vector<std::string> keys() const {
    expect_object();
    std::vector<std::string> names;
    for (const auto& [key, value] : json_->items()) {
      names.push_back(key);
    }
    return names;
  }

  void expect_object() const {
    if (!json_->is_object()) {
      fail("expected an object");
    }
  }

 private:
  JsonNode(const nlohmann::json& json, const JsonNode& parent, const char* key, std::size_t index)
      : json_(&json), origin_(parent.origin_), parent_(&parent), key_(key), index_(index) {}

  [[nodiscard]] const nlohmann::json& member(const char* key) const {
    expect_object();
    const auto it = json_->find(key);
    if (it == json_->end()) {
      fail(fmt::format("the field \"{}\" is missing", key));
    }
    return *it;
  }

  [[nodiscard]] Fact fact() const {
    if (json_->is_null()) {
      return std::monostate{};
    }
    if (json_->is_boolean()) {
      return json_->get<bool>();
    }
    if (json_->is_string()) {
      return json_->get<std::string>();
    }
    if (json_->is_number_integer() &&
        !(json_->is_number_unsigned() &&
          json_->get<std::uint64_t>() >
              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))) {
      return json_->get<std::int64_t>();
    }
    if (json_->is_number()) {
      return json_->get<double>();
    }
    fail("expected null, true, false, a number or a string");
  }

  [[nodiscard]] std::string path() const {
    if (parent_ == nullptr) {
      return {};
    }
    const std::string before = parent_->path();
    if (key_ == nullptr) {
      return fmt::format("{}[{}]", before, index_);
    }
    return before.empty() ? std::string(key_) : fmt::format("{}.{}", before, key_);
  }

  const nlohmann::json* json_;
  const JsonOrigin* origin_;
  const JsonNode* parent_ = nullptr;
  const char* key_ = nullptr;
  std::size_t index_ = 0;
};

// Unknown is null in JSON. Each of these takes "absent" and "null" for the same.

inline std::string text_or_unknown(const JsonNode& node, const char* key) {
  return node.has(key) ? node.at(key).text() : std::string();
}
inline std::optional<std::string> optional_text(const JsonNode& node, const char* key) {
  return node.has(key) ? std::optional(node.at(key).text()) : std::nullopt;
}
inline std::optional<double> optional_number(const JsonNode& node, const char* key) {
  return node.has(key) ? std::optional(node.at(key).number()) : std::nullopt;
}
inline std::optional<std::int64_t> optional_integer(const JsonNode& node, const char* key) {
  return node.has(key) ? std::optional(node.at(key).integer()) : std::nullopt;
}
inline std::optional<Interval> optional_interval(const JsonNode& node, const char* key) {
  return node.has(key) ? std::optional(node.at(key).interval()) : std::nullopt;
}

}  // namespace bench
