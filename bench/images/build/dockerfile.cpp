#include "bench/images/build/dockerfile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "bench/base/error.h"
#include "bench/base/text.h"

namespace bench {

namespace {

using Variables = std::map<std::string, std::string>;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// Logical lines: comments dropped, a backslash at the end joins.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::string pending;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string line(trimmed(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('#')) continue;
    if (!line.empty() && line.back() == '\\') {
      pending += line.substr(0, line.size() - 1) + " ";
      continue;
    }
    pending += line;
    if (std::string whole(trimmed(pending)); !whole.empty()) lines.push_back(std::move(whole));
    pending.clear();
  }
  if (std::string whole(trimmed(pending)); !whole.empty()) lines.push_back(std::move(whole));
  return lines;
}

/// $NAME, ${NAME}, ${NAME:-default}, ${NAME:+other}.
std::string expanded(std::string_view text, const Variables& variables) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '$') {
      result += text[++i];
      continue;
    }
    if (text[i] != '$' || i + 1 >= text.size()) {
      result += text[i];
      continue;
    }
    const bool braces = text[i + 1] == '{';
    std::size_t begin = i + (braces ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
      ++end;
    }
    if (end == begin) {
      result += text[i];
      continue;
    }
    const auto found = variables.find(std::string(text.substr(begin, end - begin)));
    const bool has_value = found != variables.end() && !found->second.empty();
    std::string value = found == variables.end() ? "" : found->second;
    if (braces) {
      const auto close = text.find('}', end);
      if (close == std::string_view::npos) {
        result += text.substr(i);
        return result;
      }
      const std::string_view rule = text.substr(end, close - end);
      if (rule.starts_with(":-") && !has_value) value = std::string(rule.substr(2));
      if (rule.starts_with(":+")) value = has_value ? std::string(rule.substr(2)) : "";
      end = close + 1;
    }
    result += value;
    i = end - 1;
  }
  return result;
}

/// Words as a shell would split them, quotes removed.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  std::optional<std::string> word;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word = word.value_or("") + text[++i];
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        *word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      word = word.value_or("");
    } else if (c == ' ' || c == '\t') {
      if (word) result.push_back(*std::exchange(word, std::nullopt));
    } else {
      word = word.value_or("") + c;
    }
  }
  if (word) result.push_back(*word);
  return result;
}

/// The exec form is JSON and taken literally; the shell form has its variables expanded.
std::vector<std::string> command_words(const std::string& text, const Variables& variables) {
  if (text.starts_with('[')) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_array() &&
        std::all_of(json.begin(), json.end(), [](const auto& item) { return item.is_string(); })) {
      return json.get<std::vector<std::string>>();
    }
  }
  std::vector<std::string> result = words(expanded(text, variables));
  if (!result.empty() && result.front() == "exec") result.erase(result.begin());
  return result;
}

void take_environment(const std::string& rest, Variables& variables, Variables& env) {
  const auto equals = rest.find('=');
  const auto space = rest.find_first_of(" \t");
  if (equals == std::string::npos || (space != std::string::npos && space < equals)) {
    // The old form: ENV NAME the whole rest.
    const std::string name = rest.substr(0, space);
    env[name] = variables[name] =
        space == std::string::npos ? "" : expanded(trimmed(std::string_view(rest).substr(space)), variables);
    return;
  }
  for (const auto& word : words(expanded(rest, variables))) {
    const auto at = word.find('=');
    if (at != std::string::npos)
      env[word.substr(0, at)] = variables[word.substr(0, at)] = word.substr(at + 1);
  }
}

std::optional<int> port_of(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end == text.data() || port < 1 || port > 65535) return std::nullopt;
  return port;
}

/// The value of an option in any of its spellings, at `i`; moves `i` to its last word.
std::optional<std::string> option_value(const std::vector<std::string>& command, std::size_t& i,
                                        std::string_view name, std::string_view letter) {
  const std::string& word = command[i];
  if (word.starts_with(std::string(name) + "=")) return word.substr(name.size() + 1);
  if ((word == name || word == letter) && i + 1 < command.size()) return command[++i];
  return std::nullopt;
}

/// Accepts `flask … run …` in any spelling; the app's name goes to flask_app, since FLASK_APP is the probe's.
bool take_flask_command(const std::vector<std::string>& command, AppConfig& config) {
  const auto is_flask = [](const std::string& word) { return word == "flask" || word.ends_with("/flask"); };
  const auto flask = std::find_if(command.begin(), command.end(), is_flask);
  if (flask == command.end() || std::find(flask, command.end(), "run") == command.end()) return false;
  const auto first = static_cast<std::size_t>(flask - command.begin());
  std::vector<std::string> kept(command.begin(), flask + 1);
  int port = 5000;  // Flask's own default
  bool host = false;
  for (std::size_t i = first + 1; i < command.size(); ++i) {
    const std::size_t begin = i;
    if (auto app = option_value(command, i, "--app", "-A")) {
      config.flask_app = *app;
      continue;
    }
    if (auto value = option_value(command, i, "--port", "-p")) port = port_of(*value).value_or(port);
    if (option_value(command, i, "--host", "-h")) host = true;
    kept.insert(kept.end(), command.begin() + static_cast<std::ptrdiff_t>(begin),
                command.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
  if (auto it = config.env.find("FLASK_RUN_PORT"); it != config.env.end() && port == 5000) {
    port = port_of(it->second).value_or(port);
  }
  if (!host && !config.env.contains("FLASK_RUN_HOST")) {
    kept.emplace_back("--host=0.0.0.0");  // otherwise nobody outside the instance can reach it
  }
  config.command = std::move(kept);
  config.port = port;
  return true;
}

/// Where WORKDIR leads, `..` ending at the root as the language has it. Throws kUsage where an app cannot
/// lie: these directories are the engine's or the kernel's, and no image holds what is put there.
std::string workdir_of(const std::string& before, const std::string& line, const Variables& variables) {
  // Blanks need no quotes here: the whole line is one path.
  const std::string path = fmt::format("{}", fmt::join(words(expanded(line, variables)), " "));
  const auto refuse = [&](const char* why) {
    throw Error(ErrorCode::kUsage, fmt::format("Dockerfile: WORKDIR {}: {}", trimmed(line), why),
                "name a directory of the image's own, such as /app");
  };
  if (std::any_of(path.begin(), path.end(), [](unsigned char c) { return std::iscntrl(c) != 0; })) {
    throw Error(ErrorCode::kUsage, "Dockerfile: WORKDIR holds a control character",
                "name a directory of the image's own, such as /app");
  }
  std::string result = (std::filesystem::path("/") / before / path).lexically_normal().string();
  while (result.size() > 1 && result.back() == '/') result.pop_back();
  for (const std::string_view engines : {"/dev", "/proc", "/sys", "/run", "/tmp", "/opt/bench"}) {
    if (result == engines || result.starts_with(std::string(engines) + "/")) {
      refuse("what lies there is no part of an image");
    }
  }
  return result;
}

}  // namespace

AppConfig parse_dockerfile(std::string_view text) {
  AppConfig config;
  Variables variables;
  std::vector<std::string> entrypoint, command;
  bool has_workdir = false;
  for (const std::string& line : logical_lines(text)) {
    const auto space = line.find_first_of(" \t");
    const std::string verb = upper(line.substr(0, space));
    const std::string rest(space == std::string::npos ? "" : trimmed(std::string_view(line).substr(space)));
    if (verb == "FROM") {
      // What earlier stages say concerns their own images; ARGs before the first FROM stay known.
      config.env.clear();
      entrypoint.clear();
      command.clear();
      config.notes.clear();
      has_workdir = false;
    } else if (verb == "ARG") {
      for (const auto& word : words(rest)) {
        const auto at = word.find('=');
        if (at != std::string::npos) variables[word.substr(0, at)] = expanded(word.substr(at + 1), variables);
      }
    } else if (verb == "ENV") {
      take_environment(rest, variables, config.env);
    } else if (verb == "WORKDIR") {
      // Relative ones add up, as in the language.
      config.workdir = workdir_of(has_workdir ? config.workdir : "", rest, variables);
      has_workdir = true;
    } else if (verb == "STOPSIGNAL") {
      if (!rest.empty()) config.stop_signal = expanded(rest, variables);
    } else if (verb == "ENTRYPOINT") {
      entrypoint = command_words(rest, variables);
    } else if (verb == "CMD") {
      command = command_words(rest, variables);
    } else if (verb == "RUN" && rest.find("pip") == std::string::npos) {
      config.notes.push_back("not run: RUN " + rest);
    } else if (verb == "USER") {
      config.notes.push_back("runs as root on every target: USER " + rest);
    }
  }
  if (config.workdir == "/") config.workdir = "/backend-flask";  // an app is not laid over the system
  if (auto found = config.env.find("FLASK_APP"); found != config.env.end()) {
    config.flask_app = found->second;
    config.env.erase(found);
  }
  entrypoint.insert(entrypoint.end(), command.begin(), command.end());
  if (!entrypoint.empty() && !take_flask_command(entrypoint, config)) {
    config.notes.push_back(
        fmt::format("started with `flask run` in place of: {}", fmt::join(entrypoint, " ")));
  }
  return config;
}

std::map<std::string, std::string> launch_environment(const AppConfig& config) {
  std::map<std::string, std::string> env = config.env;
  env.try_emplace("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  env["FLASK_APP"] = "/opt/bench/bench_probe.py";
  if (!config.flask_app.empty()) env["BENCH_FLASK_APP"] = config.flask_app;
  return env;
}

std::string launch_script(const AppConfig& config) {
  std::string script = "#!/bin/sh\n";
  for (const auto& [name, value] : launch_environment(config)) {
    script += fmt::format("export {}={}\n", name, shell_word(value));
  }
  // What is given for a run counts before what the image sets, as it does in a container.
  script += "if [ -n \"$BENCH_VARIABLES\" ]; then . \"$BENCH_VARIABLES\"; fi\nunset BENCH_VARIABLES\n";
  script += fmt::format("cd {} || exit 1\nexec", shell_word(config.workdir));
  for (const auto& word : config.command) script += " " + shell_word(word);
  return script + "\n";
}

}  // namespace bench
