#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// How an app's server is started, as its author's command says it, in the words of `flask run`.
struct StartCommand {
  std::vector<std::string> words;  ///< `flask run …` or `python3 -m flask run …`, without app, host and port
  std::string flask_app;           ///< what FLASK_APP shall be; empty: what the environment says
  std::string workdir;             ///< where it runs
  std::map<std::string, std::string> env;  ///< with what the command sets
  std::optional<int> port;
  std::string host;                  ///< empty: not said
  std::string in_place_of;           ///< another server or program, which `flask run` stands for
  std::vector<std::string> dropped;  ///< what the command does besides, in a few words each
};

/// What the reading of a command needs to know of the image: a file's text by its absolute path, where known.
struct StartFiles {
  std::function<std::optional<std::string>(const std::string&)> text;
  bool known = false;  ///< whether a file that `text` does not give is missing
};

/// One of ENTRYPOINT and CMD.
struct DockerCommand {
  std::vector<std::string> words;  ///< of the exec form
  std::string shell;               ///< of the shell form
  [[nodiscard]] bool empty() const { return words.empty() && shell.empty(); }
};

/// Reads the command through shells, scripts and wrappers. Throws Error{kUsage} that begins with `where` when
/// no server that is known is started, or which one depends on a condition.
StartCommand read_start(const DockerCommand& entrypoint, const DockerCommand& command,
                        const std::string& workdir, const std::map<std::string, std::string>& variables,
                        const StartFiles& files, const std::string& where);

/// A port's number; nothing where it is none.
std::optional<int> port_number(const std::string& text);

}  // namespace bench
