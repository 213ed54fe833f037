#include "bench/app/app_variables.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "bench/app/this_host.h"
#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"
#include "bench/images/build/sha256.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr const char* kKeyVariable = "BENCH_ENV_KEY";
constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kStoredDigits = 32;
constexpr std::size_t kLongestSetting = 128 * 1024 - 1;  ///< what Linux passes to a program in one piece
constexpr std::size_t kMostBytes = 1024 * 1024;          ///< of all, far below what Linux passes to a program
constexpr const char* kForm = "write NAME=VALUE, or NAME for the value that the environment has";

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& remedy) {
  throw Error(ErrorCode::kUsage, fmt::format("{} {}", where, why), remedy);
}

void require_name(const std::string& where, const std::string& name) {
  if (name.empty()) refuse(where, "has no name of a variable", kForm);
  if (!is_variable_name(name)) {
    refuse(where, fmt::format("names the variable '{}'", name),
           "a name has letters, digits and _, and begins with no digit");
  }
  if (name.starts_with("BENCH_")) {
    refuse(where, fmt::format("sets {}, which is bench's own", name),
           "names that begin with BENCH_ are taken");
  }
}

void require_variable_value(const std::string& where, const std::string& name, const std::string& value) {
  if (value.find('\0') != std::string::npos) {
    refuse(where, fmt::format("gives {} a value with a NUL in it", name), "no program can be given that");
  }
  if (name.size() + 1 + value.size() > kLongestSetting) {
    refuse(where, fmt::format("gives {} {} bytes", name, value.size()),
           fmt::format("Linux passes at most {} bytes, the name included", kLongestSetting));
  }
  if (nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore) !=
      nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
    refuse(where, fmt::format("gives {} a value that is not UTF-8", name),
           "encode it, for instance with base64: container engines take text only");
  }
}

std::string from_environment(const std::string& where, const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    refuse(where, fmt::format("takes {} from the environment, which has none", name),
           fmt::format("export {}, or write {}=VALUE", name, name));
  }
  return value;
}

/// `place`: what the settings of one place have given so far. There a name that comes twice is a mistake;
/// between places it is an override.
void take_setting(const std::string& where, const std::string& setting, Variables& place) {
  const std::size_t equals = setting.find('=');
  const std::string name = setting.substr(0, equals);
  require_name(where, name);
  const std::string value =
      equals == std::string::npos ? from_environment(where, name) : setting.substr(equals + 1);
  require_variable_value(where, name, value);
  if (!place.emplace(name, value).second) {
    refuse(where, fmt::format("sets {} twice", name), "leave one of the two out");
  }
}

/// What is given here counts before what `variables` have.
void put_over(Variables&& place, Variables& variables) {
  place.merge(variables);
  variables = std::move(place);
}

/// Docker's rules: blanks before a line do not count, a # begins a line of comment, a value is taken as it
/// is, with its quotes.
Variables variables_of(const fs::path& file) {
  Variables variables;
  std::optional<std::string> text;
  if (!fs::is_directory(file)) text = file_bytes(file);
  if (!text) {
    refuse(fmt::format("--env-file {}", file.string()), "cannot be read", "name a file of lines NAME=VALUE");
  }
  if (text->starts_with("\xef\xbb\xbf")) text->erase(0, 3);  // some editors' byte order mark
  std::istringstream lines(*text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.empty() && line.front() != '#') {
      take_setting(fmt::format("{}:{}:", file.string(), number), line, variables);
    }
  }
  return variables;
}

void require_size(const Variables& variables) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : variables) bytes += name.size() + value.size() + 2;
  if (bytes <= kMostBytes) return;
  refuse("the app's variables", fmt::format("have {} bytes", bytes),
         fmt::format("give it at most {}, and the rest in a file of the app", kMostBytes));
}

/// For a host that has no machine-id: made once, for this user.
std::string kept_key() {
  const fs::path file = persistent_dir() / "env-key";
  std::string key = file_text(file);
  if (key.size() >= kShortestKey) return key;
  std::random_device random;
  for (int i = 0; i < 8; ++i) key += fmt::format("{:08x}", random());
  write_file_atomically(file, key);
  ::chmod(file.c_str(), 0600);
  return key;
}

std::string digest_key(const fs::path& sysroot) {
  if (const char* given = std::getenv(kKeyVariable); given != nullptr && *given != '\0') {
    const std::string key = given;
    if (key.size() < kShortestKey) {
      refuse(kKeyVariable, fmt::format("has {} characters", key.size()),
             fmt::format("{} or more keep values from being guessed; openssl rand -hex 16 makes some",
                         kShortestKey));
    }
    return "given " + key;
  }
  const std::string id = machine_id(sysroot);
  return id.empty() ? "kept " + kept_key() : "machine " + id;
}

}  // namespace

Variables given_variables(const std::vector<std::string>& settings, const std::vector<fs::path>& files) {
  Variables variables;
  for (const fs::path& file : files) put_over(variables_of(file), variables);
  Variables own;
  for (const std::string& setting : settings) take_setting("--env", setting, own);
  put_over(std::move(own), variables);
  require_size(variables);
  return variables;
}

Variables target_variables(const std::map<std::string, std::optional<std::string>>& written,
                           const std::string& where) {
  Variables variables;
  for (const auto& [name, value] : written) {
    require_name(where, name);
    const std::string known = value ? *value : from_environment(where, name);
    require_variable_value(where, name, known);
    variables[name] = known;
  }
  require_size(variables);
  return variables;
}

void require_startable(const Variables& variables, const std::string& where) {
  static const std::vector<std::string> shell = {"_", "IFS", "OLDPWD", "OPTIND", "PPID", "PWD", "SHLVL"};
  for (const auto& [name, value] : variables) {
    if (name == "FLASK_APP") {
      refuse(where, "sets FLASK_APP, by which bench starts the app",
             "say it in the app's Dockerfile: ENV FLASK_APP=…");
    }
    if (std::find(shell.begin(), shell.end(), name) != shell.end()) {
      refuse(where, fmt::format("sets {}, which a shell sets itself", name),
             "give the app another name for it");
    }
  }
}

std::map<std::string, std::string> digests_of(const Variables& variables, const fs::path& sysroot) {
  std::map<std::string, std::string> digests;
  if (variables.empty()) return digests;
  const std::string key = hmac_sha256(digest_key(sysroot), "bench variables of the app");
  for (const auto& [name, value] : variables) {
    digests[name] = "hmac-sha256:" + hmac_sha256(key, name + "=" + value).substr(0, kStoredDigits);
  }
  return digests;
}

std::map<std::string, std::optional<std::string>> names_with_digests(const Variables& variables) {
  std::map<std::string, std::optional<std::string>> names;
  for (const auto& [name, digest] : digests_of(variables)) {
    names.emplace(fmt::format("{}.{}", name, digest.substr(digest.find(':') + 1, 8)), std::nullopt);
  }
  return names;
}

}  // namespace bench
