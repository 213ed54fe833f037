#include "bench/images/build/dockerfile.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "bench/base/text.h"
#include "bench/images/app/docker_text.h"
#include "bench/images/app/refusal.h"
#include "bench/images/app/start_command.h"
#include "bench/images/app/versions.h"

namespace bench {

namespace {

constexpr int kFlaskPort = 5000;  // Flask's own default
constexpr const char* kAnyHost = "0.0.0.0";

bool loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string setting(const AppConfig& config, const char* name) {
  const auto found = config.env.find(name);
  return found == config.env.end() ? "" : found->second;
}

void set_host_and_port(const StartCommand& start, AppConfig& config, const std::string& where) {
  std::string host = start.host.empty() ? setting(config, "FLASK_RUN_HOST") : start.host;
  if (loopback(host)) {
    config.notes.push_back(
        fmt::format("{}: listens on {} in place of {}, where nobody reaches it", where, kAnyHost, host));
    host = kAnyHost;
    config.env.erase("FLASK_RUN_HOST");
  }
  const bool by_environment = config.env.contains("FLASK_RUN_HOST") && start.host.empty();
  if (!by_environment) config.command.push_back(fmt::format("--host={}", host.empty() ? kAnyHost : host));
  const auto named = start.port ? start.port : port_number(setting(config, "FLASK_RUN_PORT"));
  config.port = named.value_or(kFlaskPort);
  if (start.port) config.command.push_back(fmt::format("--port={}", config.port));
}

void take_start(const StartCommand& start, AppConfig& config, const std::string& where) {
  for (const auto& [name, value] : start.env) config.env[name] = value;
  config.workdir = start.workdir;
  config.command = start.words;
  if (!start.flask_app.empty()) config.flask_app = start.flask_app;
  set_host_and_port(start, config, where);
  if (!start.in_place_of.empty()) {
    config.notes.push_back(
        fmt::format("{}: started with `flask run` in place of: {}", where, quoted_line(start.in_place_of)));
  }
  std::string dropped;
  for (const std::string& one : start.dropped) dropped += (dropped.empty() ? "" : "; ") + one;
  if (!dropped.empty()) config.notes.push_back(fmt::format("{}: not done: {}", where, dropped));
}

void take_app_name(AppConfig& config) {
  const auto found = config.env.find("FLASK_APP");
  if (found == config.env.end()) return;
  if (config.flask_app.empty()) config.flask_app = found->second;
  config.env.erase(found);  // the probe's
}

}  // namespace

AppConfig parse_dockerfile(std::string_view text, const AppListing& app) {
  AppConfig config;
  DockerImage image = read_stages(text, app);
  config.env = image.env;
  if (!image.workdir.empty()) config.workdir = image.workdir;
  if (!image.stop_signal.empty()) config.stop_signal = image.stop_signal;
  config.notes = image.notes;
  config.files = image.files;
  std::erase_if(config.files, [](const auto& file) { return passing_place(file.first); });
  config.installs = image.installs;
  if (image.command_line == 0) {
    take_app_name(config);
    if (!trimmed(text, " \t\r\n").empty())
      config.notes.push_back(
          fmt::format("Dockerfile: it has no CMD: started with `flask run` on port {}", config.port));
    return config;
  }
  const StartFiles files{[&](const std::string& path) -> std::optional<std::string> {
                           std::string name;
                           if (const auto found = image.files.find(path); found != image.files.end())
                             name = found->second;
                           if (image.files.empty() && path.starts_with(config.workdir + "/"))
                             name = path.substr(config.workdir.size() + 1);
                           return name.empty() || !app.read ? std::nullopt : app.read(name);
                         },
                         !app.names.empty()};
  const std::string where = fmt::format("Dockerfile line {}", image.command_line);
  take_start(read_start(image.entrypoint, image.command, config.workdir, image.variables, files, where),
             config, where);
  take_app_name(config);
  return config;
}

void add_dotenv(AppConfig& config, std::string_view text) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> words = shell_words(trimmed(line));
    if (!words.empty() && words.front() == "export") words.erase(words.begin());
    if (words.empty() || words.front().starts_with('#')) continue;
    const auto equals = words.front().find('=');
    if (equals == std::string::npos) continue;
    const std::string name = words.front().substr(0, equals), value = words.front().substr(equals + 1);
    if (name == "FLASK_APP") {
      if (config.flask_app.empty()) config.flask_app = value;
    } else if (name == "FLASK_RUN_PORT") {
      const auto port = port_number(value);
      const auto said = [](const std::string& word) { return word.starts_with("--port"); };
      if (!port || config.env.contains(name) ||
          std::any_of(config.command.begin(), config.command.end(), said))
        continue;
      config.port = *port;
      config.env[name] = value;
    } else if (name == "FLASK_DEBUG" || name == "FLASK_ENV") {
      config.env.try_emplace(name, value);
    }
  }
}

bool reloads(const AppConfig& config, const std::string& flask_version) {
  const auto has = [&](const char* word) {
    return std::find(config.command.begin(), config.command.end(), word) != config.command.end();
  };
  if (has("--no-reload")) return false;
  if (has("--reload")) return true;
  const std::string debug = setting(config, "FLASK_DEBUG");
  if (!debug.empty()) return debug != "0" && debug != "false" && debug != "False" && debug != "no";
  // Flask 2.3 forgot the variable.
  return setting(config, "FLASK_ENV") == "development" && satisfies(flask_version, "<2.3").value_or(true);
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
