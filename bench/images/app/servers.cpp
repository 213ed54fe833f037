#include "bench/images/app/servers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "bench/base/text.h"
#include "bench/images/app/docker_text.h"
#include "bench/images/app/refusal.h"

namespace bench {

namespace {

using Arguments = std::vector<std::string>;

/// What is to be known of a server's options: those without a value, and those that say something to us.
struct ServerForm {
  std::set<std::string> flags;
  std::map<std::string, std::string> meaning;  ///< "-b" → "bind"
  int port;
};

const std::map<std::string, ServerForm>& server_forms() {
  static const std::map<std::string, ServerForm> forms = {
      {"gunicorn",
       {{"--preload", "--reload", "--daemon", "-D", "--capture-output", "--no-sendfile", "--reuse-port",
         "--spew", "--check-config", "--print-config", "--enable-stdio-inheritance", "--proxy-protocol", "-R",
         "--log-syslog", "--initgroups", "--do-handshake-on-connect", "--suppress-ragged-eofs",
         "--no-control-socket"},
        {{"-b", "bind"},
         {"--bind", "bind"},
         {"--chdir", "chdir"},
         {"-c", "config"},
         {"--config", "config"},
         {"-e", "env"},
         {"--env", "env"},
         {"--pythonpath", "pythonpath"}},
        8000}},
      {"waitress-serve",
       {{"--call", "--expose-tracebacks", "--no-expose-tracebacks", "--ipv4", "--no-ipv4", "--ipv6",
         "--no-ipv6", "--asyncore-use-poll", "--no-asyncore-use-poll", "--clear-untrusted-proxy-headers",
         "--no-clear-untrusted-proxy-headers", "--log-untrusted-proxy-headers", "--log-socket-errors"},
        {{"--port", "bind"}, {"--listen", "bind"}, {"--call", "call"}, {"--app", "app"}},
        8080}},
      {"hypercorn", {{"--reload", "--debug", "-D", "--daemon"}, {{"-b", "bind"}, {"--bind", "bind"}}, 8000}},
      {"uvicorn",
       {{"--reload", "--factory", "--proxy-headers", "--no-proxy-headers", "--access-log", "--no-access-log",
         "--use-colors", "--no-use-colors", "--server-header", "--no-server-header", "--date-header",
         "--no-date-header"},
        {{"--port", "bind"}, {"--app-dir", "chdir"}, {"--factory", "call"}},
        8000}},
      {"uwsgi",
       {{"--master", "-M", "--enable-threads", "--die-on-term", "--need-app", "--lazy-apps", "--vacuum",
         "--single-interpreter", "--thunder-lock", "--disable-logging", "--strict", "--py-autoreload"},
        {{"--http", "bind"},
         {"--http-socket", "bind"},
         {"-s", "bind"},
         {"--socket", "bind"},
         {"-w", "app"},
         {"--module", "app"},
         {"--wsgi", "app"},
         {"--wsgi-file", "file"},
         {"--file", "file"},
         {"--callable", "callable"},
         {"--chdir", "chdir"},
         {"--ini", "config"},
         {"--mount", "mount"},
         {"--pythonpath", "pythonpath"},
         {"--manage-script-name", ""}},
        8000}},
  };
  return forms;
}

std::string joined(const Arguments& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// "meaning" → values, and the words that are no options.
struct Given {
  std::map<std::string, std::string> options;
  std::vector<std::string> positional;
};

Given given_of(const ServerForm& form, const Arguments& arguments) {
  Given given;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with('-')) {
      given.positional.push_back(word);
      continue;
    }
    const auto equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    std::string option = word.substr(0, equals);
    std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    const bool flag = form.flags.contains(option);
    if (!word.starts_with("--") && word.size() > 2 && !flag) {  // -w4
      option = word.substr(0, 2);
      value = word.substr(2);
    } else if (equals == std::string::npos && !flag && i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    if (const auto meaning = form.meaning.find(option); meaning != form.meaning.end()) {
      if (meaning->second == "env") {
        given.options["env"] += value + "\n";
      } else {
        given.options[meaning->second] = value;
      }
    }
  }
  return given;
}

std::optional<int> port_of_address(const std::string& address) {
  const std::string last = address.substr(0, address.find(','));
  const auto colon = last.rfind(':');
  return port_number(colon == std::string::npos ? last : last.substr(colon + 1));
}

/// NAME = "value" of a file of gunicorn's in Python, or of an ini file.
std::string setting_of(const std::string& text, const std::string& name) {
  const std::regex form("(^|\\n)[ \\t]*" + name + "[ \\t]*=[ \\t]*[\"']?([^\"'\\n\\r#;]+)");
  std::smatch found;
  return std::regex_search(text, found, form) ? std::string(trimmed(found[2].str())) : "";
}

/// What a server's own file says, where its words do not.
void add_settings(const std::string& name, Given& given, const StartFiles& files,
                  const std::string& workdir) {
  std::string file = given.options.contains("config") ? given.options["config"] : "";
  if (name == "gunicorn" && file.empty()) file = "gunicorn.conf.py";
  if (name == "uwsgi" && file.empty() && !given.positional.empty() &&
      given.positional.front().ends_with(".ini"))
    file = given.positional.front();
  if (file.empty() || (name != "gunicorn" && name != "uwsgi")) return;
  if (file.starts_with("python:") || file.starts_with("file:")) file = file.substr(file.find(':') + 1);
  const auto text = files.text(image_path(workdir, file));
  if (!text) return;
  const std::map<std::string, std::string> names =
      name == "gunicorn"
          ? std::map<std::string, std::string>{{"wsgi_app", "app"}, {"bind", "bind"}, {"chdir", "chdir"}}
          : std::map<std::string, std::string>{
                {"module", "app"},        {"wsgi", "app"},    {"wsgi-file", "file"},
                {"callable", "callable"}, {"http", "bind"},   {"http-socket", "bind"},
                {"socket", "bind"},       {"chdir", "chdir"}, {"mount", "mount"}};
  for (const auto& [setting, meaning] : names) {
    if (const std::string value = setting_of(*text, setting); !value.empty())
      given.options.try_emplace(meaning, value);
  }
}

/// MOD:VAR as FLASK_APP has it; empty where the words name none.
std::string app_of(const std::string& name, const Given& given) {
  const auto option = [&given](const char* meaning) {
    const auto found = given.options.find(meaning);
    return found == given.options.end() ? std::string() : found->second;
  };
  std::string app = option("app");
  if (name == "uwsgi") {
    if (app.empty()) app = option("file");
    if (app.empty()) app = option("mount").substr(option("mount").find('=') + 1);
    if (!app.empty() && !option("callable").empty() && app.find(':') == std::string::npos)
      app += ":" + option("callable");
    return app;
  }
  if (app.empty() && !given.positional.empty()) app = given.positional.back();
  if (app.starts_with("wsgi:") && name == "hypercorn") app = app.substr(5);
  if (app.empty()) return app;
  // An ASGI server is given a wrapper; Flask finds its app in the same module.
  if (name == "uvicorn" || name == "hypercorn") {
    const bool factory = given.options.contains("call");
    return factory ? app + "()" : app.substr(0, app.find(':'));
  }
  if (given.options.contains("call")) return app.ends_with(')') ? app : app + "()";
  return app.find(':') == std::string::npos && name == "gunicorn" ? app + ":application" : app;
}

}  // namespace

bool take_server(const std::string& name, const Arguments& arguments, const StartFiles& files,
                 const std::string& where, StartCommand& start) {
  const std::string plain = name == "waitress" ? "waitress-serve" : name == "uwsgi-core" ? "uwsgi" : name;
  const auto form = server_forms().find(plain);
  if (form == server_forms().end()) return false;
  Arguments all = arguments;
  if (const auto more = start.env.find("GUNICORN_CMD_ARGS"); plain == "gunicorn" && more != start.env.end()) {
    const auto words = shell_words(more->second);
    all.insert(all.begin(), words.begin(), words.end());
  }
  Given given = given_of(form->second, all);
  add_settings(plain, given, files, start.workdir);
  start.flask_app = app_of(plain, given);
  start.in_place_of = name + (arguments.empty() ? "" : " " + joined(arguments));
  if (start.flask_app.empty()) {
    refuse_app(where, fmt::format("\"{}\" does not say which app it serves", quoted_line(start.in_place_of)),
               fmt::format("name it in the command (MODULE:NAME), or {}", kOtherWays));
  }
  if (given.options.contains("chdir")) start.workdir = image_path(start.workdir, given.options["chdir"]);
  if (given.options.contains("pythonpath"))
    start.env["PYTHONPATH"] = image_path(start.workdir, given.options["pythonpath"]);
  std::istringstream settings(given.options["env"]);
  for (std::string setting; std::getline(settings, setting);) {
    if (const auto at = setting.find('='); at != std::string::npos)
      start.env[setting.substr(0, at)] = setting.substr(at + 1);
  }
  start.port = port_of_address(given.options["bind"]);
  if (const auto found = start.env.find("PORT");
      !start.port && plain == "gunicorn" && found != start.env.end())
    start.port = port_number(found->second);
  if (!start.port) start.port = form->second.port;
  return true;
}

bool take_flask(const Arguments& arguments, const std::string& where, StartCommand& start) {
  if (std::find(arguments.begin(), arguments.end(), "run") == arguments.end()) return false;
  static const std::set<std::string> values = {"--extra-files", "--exclude-patterns"};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const std::size_t begin = i;
    const auto value = [&](std::string_view name, std::string_view letter) -> std::optional<std::string> {
      if (word.starts_with(std::string(name) + "=")) return word.substr(name.size() + 1);
      if (!letter.empty() && word.size() > 2 && word.starts_with(letter) && !word.starts_with("--"))
        return word.substr(2);
      if ((word == name || word == letter) && i + 1 < arguments.size()) return arguments[++i];
      return std::nullopt;
    };
    if (const auto app = value("--app", "-A")) {
      start.flask_app = *app;
    } else if (const auto port = value("--port", "-p")) {
      if (port->empty()) continue;  // a variable that the platform sets
      start.port = port_number(*port);
      if (!start.port)
        refuse_app(where,
                   fmt::format("the port \"{}\" is no number (the exec form expands no variables)",
                               quoted_line(*port)),
                   "write the number, or the command without brackets");
    } else if (const auto host = value("--host", "-h")) {
      start.host = *host;
    } else if (const auto file = value("--env-file", "-e")) {
      start.dropped.push_back("--env-file " + *file);
    } else if (value("--cert", "") || value("--key", "")) {
      start.dropped.push_back(word + " (measured without TLS)");
    } else if (word == "--debug" || word == "--no-debug") {
      start.env["FLASK_DEBUG"] = word == "--debug" ? "1" : "0";  // not every Flask has the option
    } else {
      if (values.contains(word) && i + 1 < arguments.size()) ++i;
      start.words.insert(start.words.end(), arguments.begin() + static_cast<std::ptrdiff_t>(begin),
                         arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
  return true;
}

void take_program(const std::string& file, const StartFiles& files, const std::string& where,
                  StartCommand& start) {
  const auto text = files.text(image_path(start.workdir, file));
  if (!text && files.known)
    refuse_app(where,
               fmt::format("there is no file {} in the image", image_path(start.workdir, quoted_line(file))));
  start.flask_app = file;
  if (!text) return;
  // What stands between the brackets of the last `….run(`: it is the end of the program.
  const auto call = text->rfind(".run(");
  if (call == std::string::npos) return;
  const std::string arguments = text->substr(call, text->find("\n\n", call) - call);
  static const std::regex debug("debug[ \\t]*=[ \\t]*True"), reloader("use_reloader[ \\t]*=[ \\t]*False"),
      port("port[ \\t]*=[ \\t]*(?:int\\()?([0-9]+)");
  std::smatch found;
  if (std::regex_search(arguments, debug)) start.env.try_emplace("FLASK_DEBUG", "1");
  if (std::regex_search(arguments, reloader)) start.words.emplace_back("--no-reload");
  if (std::regex_search(arguments, found, port)) start.port = port_number(found[1]);
}

}  // namespace bench
