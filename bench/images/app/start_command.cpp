#include "bench/images/app/start_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <regex>
#include <set>
#include <utility>

#include "bench/base/text.h"
#include "bench/images/app/docker_text.h"
#include "bench/images/app/refusal.h"
#include "bench/images/app/servers.h"

namespace bench {

namespace {

using CommandWords = std::vector<std::string>;

/// Programs that start another one, whose words follow their own: which of their options take a value,
/// whether a word of theirs comes first, and what that is.
struct Launcher {
  std::string verb;  ///< "run": must follow
  std::set<std::string> with_value;
  int own_words = 0;          ///< before the program's
  bool worth_a_word = false;  ///< what it does is part of what the author measures
};

const std::map<std::string, Launcher>& launchers() {
  static const std::map<std::string, Launcher> table = {
      {"exec", {}},
      {"nohup", {}},
      {"time", {}},
      {"env", {"", {"-u", "-C"}, 0, false}},
      {"tini", {"", {"-p"}, 0, false}},
      {"dumb-init", {"", {"-r", "--rewrite"}, 0, false}},
      {"catatonit", {}},
      {"uv",
       {"run",
        {"--with", "--python", "-p", "--project", "--directory", "--env-file", "--package", "--extra",
         "--group", "--no-group", "--only-group", "--index", "--with-requirements"},
        0,
        false}},
      {"poetry", {"run", {"-C", "--directory", "-P", "--project"}, 0, false}},
      {"pipenv", {"run", {}, 0, false}},
      {"pdm", {"run", {"-p", "--project"}, 0, false}},
      {"rye", {"run", {}, 0, false}},
      {"hatch", {"run", {}, 0, false}},
      {"conda", {"run", {"-n", "--name", "-p", "--prefix", "--cwd"}, 0, false}},
      {"micromamba", {"run", {"-n", "--name", "-p", "--prefix", "--cwd"}, 0, false}},
      {"gosu", {"", {}, 1, true}},
      {"su-exec", {"", {}, 1, true}},
      {"nice", {"", {"-n"}, 0, true}},
      {"opentelemetry-instrument",
       {"",
        {"--traces_exporter", "--metrics_exporter", "--logs_exporter", "--service_name",
         "--exporter_otlp_endpoint"},
        0,
        true}},
      {"ddtrace-run", {"", {}, 0, true}},
      {"newrelic-admin", {"run-program", {}, 0, true}},
      {"doppler", {"run", {"-p", "--project", "-c", "--config"}, 0, true}},
      {"infisical", {"run", {"--env", "--path", "--projectId"}, 0, true}},
      {"dotenv", {"run", {"-f", "--file"}, 0, true}},
      {"debugpy", {"", {"--listen", "--connect", "--log-to"}, 0, true}},
      {"coverage", {"run", {"--source", "--rcfile", "--omit", "--include"}, 0, true}},
  };
  return table;
}

bool is_assignment(const std::string& word) {
  const auto equals = word.find('=');
  return equals != std::string::npos && equals > 0 &&
         std::isdigit(static_cast<unsigned char>(word[0])) == 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool is_python(const std::string& word) {
  static const std::regex name("(python|pypy)[0-9.]*");
  return std::regex_match(last_part(word), name);
}

bool is_shell(const std::string& word) {
  static const std::set<std::string> names = {"sh", "bash", "dash", "ash", "zsh"};
  return names.contains(last_part(word));
}

class StartReader {
 public:
  StartReader(StartCommand& start, const std::map<std::string, std::string>& variables,
              const StartFiles& files, const std::string& where, CommandWords command)
      : start_(start), variables_(variables), files_(files), where_(where), command_(std::move(command)) {}

  /// Whether a server is started by these words.
  bool words(CommandWords words) {
    const Deeper deeper(depth_);
    if (depth_ > kDeepest) return false;
    while (!words.empty()) {
      if (is_assignment(words.front())) {
        const auto equals = words.front().find('=');
        set(words.front().substr(0, equals), words.front().substr(equals + 1));
        words.erase(words.begin());
      } else if (!peel(words)) {
        break;
      }
    }
    if (words.empty()) return false;
    const std::string name = last_part(words.front());
    const CommandWords rest(words.begin() + 1, words.end());
    if (is_shell(name)) return shell(rest);
    if (is_python(name)) return python(rest);
    if (name == "flask") return flask({"flask"}, rest);
    if (take_server(name, rest, files_, where_, start_)) return replaced();
    return script(words.front(), rest);
  }

  /// Whether a shell's text starts a server: the last that it names, as what follows one never comes to run.
  /// What comes before is dropped with a word.
  bool text(const std::string& text) {
    const Deeper deeper(depth_);
    if (depth_ > kDeepest) return false;
    const std::vector<ShellCommand> commands = shell_commands(text);
    if (commands.size() > kMostCommands) return false;
    const StartCommand before = start_;
    for (std::size_t server = commands.size(); server-- > 0;) {
      start_ = before;
      int conditions = 0;
      for (std::size_t i = 0; i <= server; ++i) {
        const ShellCommand command = without_conditions(commands[i], conditions);
        if (command.empty() || plain(command)) continue;
        if (i < server) {
          start_.dropped.push_back(quoted_line(joined_words(command)));
        } else if (words(command)) {
          if (conditions > 0) refuse_app(where_, "which server is started depends on a condition");
          return true;
        }
      }
    }
    start_ = before;
    return false;
  }

 private:
  static constexpr int kDeepest = 20;
  static constexpr std::size_t kMostCommands = 500;
  struct Deeper {
    explicit Deeper(int& depth) : depth_(++depth) {}
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    int& depth_;
  };

  /// A command with its variables as they are at this point, and without the words of the conditions and
  /// loops that it stands in, whose number is kept.
  [[nodiscard]] ShellCommand without_conditions(const ShellCommand& command, int& conditions) const {
    static const std::set<std::string> begins = {"if", "for", "while", "until", "case"},
                                       ends = {"fi", "done", "esac"},
                                       joins = {"then", "do", "else", "elif", "!", "{", "}"};
    std::size_t at = 0;
    while (at < command.size() && (joins.contains(command[at]) || begins.contains(command[at]))) {
      if (begins.contains(command[at++])) ++conditions;
    }
    if (at < command.size() && ends.contains(command[at])) {
      --conditions;
      return {};
    }
    ShellCommand result;
    for (; at < command.size(); ++at) {
      if (command[at].find('$') == std::string::npos) {
        result.push_back(command[at]);
        continue;
      }
      const auto pieces = shell_words(expanded(command[at], known()));
      result.insert(result.end(), pieces.begin(), pieces.end());
      // Nothing as an option's value must not make the next word its value.
      if (pieces.empty() && !result.empty() && result.back().starts_with('-')) result.emplace_back();
    }
    return result;
  }

  static std::string joined_words(const CommandWords& words) {
    std::string result;
    for (const std::string& word : words) result += (result.empty() ? "" : " ") + word;
    return result;
  }

  [[nodiscard]] std::map<std::string, std::string> known() const {
    std::map<std::string, std::string> all = variables_;
    for (const auto& [name, value] : start_.env) all[name] = value;
    return all;
  }

  void set(const std::string& name, const std::string& value) { start_.env[name] = expanded(value, known()); }

  /// What a shell does to itself before the server: it stays done. True where that was all.
  bool plain(const ShellCommand& command) {
    const std::string& name = command.front();
    if (name == "cd" && command.size() == 2) {
      start_.workdir = image_path(start_.workdir, command[1]);
      return true;
    }
    if (name == "export" || std::all_of(command.begin(), command.end(), is_assignment)) {
      for (const std::string& word : command) {
        if (is_assignment(word)) set(word.substr(0, word.find('=')), word.substr(word.find('=') + 1));
      }
      return true;
    }
    static const std::set<std::string> quiet = {"set",    "true", ":",     "echo",  "printf",
                                                "source", ".",    "umask", "sleep", "break",
                                                "[",      "[[",   "test",  "trap",  "shift"};
    return quiet.contains(name);
  }

  /// Takes a launcher's own words away; false where the first word is none.
  bool peel(CommandWords& words) {
    const std::string name = last_part(words.front());
    const auto found = launchers().find(name);
    if (found == launchers().end()) return false;
    const Launcher& launcher = found->second;
    std::size_t at = 1;
    const auto options = [&] {
      while (at < words.size() && words[at].starts_with('-') && words[at] != "--" && words[at] != "-m") {
        at += launcher.with_value.contains(words[at]) ? 2 : 1;
      }
      if (at < words.size() && words[at] == "--") ++at;
    };
    options();
    if (!launcher.verb.empty()) {
      if (at >= words.size() || words[at] != launcher.verb) return false;
      ++at;
      options();
    }
    at = std::min(at + static_cast<std::size_t>(launcher.own_words), words.size());
    if (launcher.worth_a_word) start_.dropped.push_back(name);
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
    // `coverage run -m flask`, `debugpy … -m flask`, and a file of Python: python's own words.
    if (!words.empty() && (words.front() == "-m" || words.front().ends_with(".py")))
      words.insert(words.begin(), "python3");
    return true;
  }

  bool shell(const CommandWords& rest) {
    std::size_t at = 0;
    while (at < rest.size() && rest[at].starts_with('-')) {
      // -c, -ec, -lc
      if (!rest[at].starts_with("--") && rest[at].find('c') != std::string::npos)
        return at + 1 < rest.size() && text(rest[at + 1]);
      at += rest[at] == "-o" ? 2 : 1;
    }
    return at < rest.size() &&
           script(rest[at], CommandWords(rest.begin() + static_cast<std::ptrdiff_t>(at) + 1, rest.end()));
  }

  /// A script of the app's that starts a server; "$@" in it are the words that it was given.
  bool script(const std::string& file, const CommandWords& arguments) {
    auto text_of_file = files_.text(image_path(start_.workdir, file));
    if (!text_of_file && file.find('/') == std::string::npos)
      text_of_file = files_.text("/usr/local/bin/" + file);
    if (!text_of_file) return false;
    if (file.ends_with(".py") ||
        (text_of_file->starts_with("#!") &&
         text_of_file->substr(0, text_of_file->find('\n')).find("python") != std::string::npos))
      return program(file);
    std::string given;
    for (const std::string& word : arguments.empty() ? command_ : arguments) given += shell_word(word) + " ";
    std::string body = *text_of_file;
    for (const std::string_view all : {"\"$@\"", "\"${@}\"", "$@", "$*"}) {
      for (auto at = body.find(all); at != std::string::npos; at = body.find(all, at + given.size()))
        body.replace(at, all.size(), given);
    }
    return text(body);
  }

  bool python(const CommandWords& rest) {
    CommandWords interpreter = {"python3"};
    static const std::set<std::string> with_value = {"-W", "-X"};
    std::size_t at = 0;
    while (at < rest.size() && rest[at].starts_with('-') && rest[at] != "-m" && rest[at] != "-c") {
      interpreter.push_back(rest[at]);
      if (with_value.contains(rest[at]) && at + 1 < rest.size()) interpreter.push_back(rest[++at]);
      ++at;
    }
    if (at >= rest.size() || rest[at] == "-c") return false;
    interpreter_ = interpreter;
    if (rest[at] != "-m") return program(rest[at]);
    if (at + 1 >= rest.size()) return false;
    std::string module = rest[at + 1];
    const CommandWords arguments(rest.begin() + static_cast<std::ptrdiff_t>(at) + 2, rest.end());
    interpreter.insert(interpreter.end(), {"-m", "flask"});
    if (module == "flask") return flask(interpreter, arguments);
    if (module == "gunicorn.app.wsgiapp") module = "gunicorn";
    if (take_server(module, arguments, files_, where_, start_)) return replaced();
    if (launchers().contains(module)) {
      CommandWords inner = arguments;
      inner.insert(inner.begin(), module);
      return words(inner);
    }
    start_.flask_app = module;
    start_.in_place_of = "python -m " + joined_words(CommandWords(
                                            rest.begin() + static_cast<std::ptrdiff_t>(at) + 1, rest.end()));
    return replaced();
  }

  bool program(const std::string& file) {
    start_.in_place_of = "python " + file;
    take_program(file, files_, where_, start_);
    return replaced();
  }

  bool flask(CommandWords first, const CommandWords& arguments) {
    StartCommand tried = start_;
    tried.words = std::move(first);
    if (!take_flask(arguments, where_, tried)) return false;
    start_ = std::move(tried);
    return true;
  }

  bool replaced() {
    CommandWords words = interpreter_.empty() ? CommandWords{"python3"} : interpreter_;
    words.insert(words.end(), {"-m", "flask", "run"});
    words.insert(words.end(), start_.words.begin(), start_.words.end());
    start_.words = std::move(words);
    start_.host = "0.0.0.0";
    return true;
  }

  StartCommand& start_;
  const std::map<std::string, std::string>& variables_;
  const StartFiles& files_;
  const std::string& where_;
  CommandWords command_;      ///< CMD, where ENTRYPOINT is a script
  CommandWords interpreter_;  ///< "python3" and its options
  int depth_ = 0;
};

}  // namespace

std::optional<int> port_number(const std::string& text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535)
    return std::nullopt;
  return port;
}

StartCommand read_start(const DockerCommand& entrypoint, const DockerCommand& command,
                        const std::string& workdir, const std::map<std::string, std::string>& variables,
                        const StartFiles& files, const std::string& where) {
  StartCommand start;
  start.workdir = workdir;
  CommandWords words = command.words;
  if (!command.shell.empty()) words = {"/bin/sh", "-c", command.shell};
  if (!entrypoint.words.empty())
    words.insert(words.begin(), entrypoint.words.begin(), entrypoint.words.end());
  if (!entrypoint.shell.empty()) words = {"/bin/sh", "-c", entrypoint.shell};
  StartReader reader(start, variables, files, where, command.words);
  if (!reader.words(words)) {
    std::string said;
    for (const std::string& word : words) said += (said.empty() ? "" : " ") + word;
    refuse_app(where, fmt::format("no server that is known here is started by: {}", quoted_line(said)));
  }
  return start;
}

}  // namespace bench
