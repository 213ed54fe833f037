#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/images/app/stages.h"

namespace bench {

/// How an app is started, on every target alike.
struct AppConfig {
  std::string workdir = kDefaultWorkdir;
  std::map<std::string, std::string> env;
  std::vector<std::string> command = {"python3", "-m", "flask", "run", "--host=0.0.0.0", "--port=4567"};
  int port = 4567;  ///< where the command listens
  /// What asks the app to end. As a container's process 1 Python ignores SIGTERM, but not SIGINT.
  std::string stop_signal = "SIGINT";
  std::string flask_app;           ///< the user's FLASK_APP or --app; empty: what Flask finds itself
  std::vector<std::string> notes;  ///< one line each: what of the Dockerfile was not taken literally
  /// Where each file of the app's goes, by its absolute path in the image; empty: all of them into workdir.
  std::map<std::string, std::string> files{};
  Installs installs{};  ///< what pip would install
};

/// Takes WORKDIR, ENV, STOPSIGNAL, COPY, ENTRYPOINT and CMD of the last stage, with what it has of earlier
/// ones;
/// ${NAME} of ARGs and ENVs is expanded. `flask run` is what can be instrumented: it stands for any other
/// server, with a note. Throws Error{kUsage} that names the line which cannot be honoured.
AppConfig parse_dockerfile(std::string_view text, const AppListing& app = {});

/// What Flask reads from .flaskenv and .env where the environment says nothing: the app's name, host, port,
/// debugging.
void add_dotenv(AppConfig& config, std::string_view text);

/// Whether Flask, in this version, restarts the app when a file changes: then a second interpreter runs.
bool reloads(const AppConfig& config, const std::string& flask_version);

/// The environment of the app's process: the app's own, a PATH, and what points `flask run` at the probe.
std::map<std::string, std::string> launch_environment(const AppConfig& config);

/// A shell script that starts the app as the container's engine would: used where there is no engine.
std::string launch_script(const AppConfig& config);

}  // namespace bench
