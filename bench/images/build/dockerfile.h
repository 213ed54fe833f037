#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// How an app is started, on every target alike.
struct AppConfig {
  std::string workdir = "/backend-flask";
  std::map<std::string, std::string> env;
  std::vector<std::string> command = {"python3", "-m", "flask", "run", "--host=0.0.0.0", "--port=4567"};
  int port = 4567;  ///< where the command listens
  /// What asks the app to end. As a container's process 1 Python ignores SIGTERM, but not SIGINT.
  std::string stop_signal = "SIGINT";
  std::string flask_app;           ///< the user's FLASK_APP or --app; empty: what Flask finds itself
  std::vector<std::string> notes;  ///< one line each: what of the Dockerfile was not taken literally
};

/// Takes WORKDIR, ENV, EXPOSE, STOPSIGNAL, ENTRYPOINT and CMD of the last stage; ${NAME} of earlier ARGs and
/// ENVs is expanded. What it says about packages (FROM, RUN) is not its business: see requirements.h. A
/// command that is not `flask run` cannot be instrumented and is replaced by the default, with a note.
AppConfig parse_dockerfile(std::string_view text);

/// The environment of the app's process: the app's own, a PATH, and what points `flask run` at the probe.
std::map<std::string, std::string> launch_environment(const AppConfig& config);

/// A shell script that starts the app as the container's engine would: used where there is no engine.
std::string launch_script(const AppConfig& config);

}  // namespace bench
