#include "bench/images/build/app_files.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "bench/base/error.h"
#include "bench/images/app/app_text.h"
#include "bench/images/app/docker_text.h"
#include "bench/images/app/package_names.h"
#include "bench/images/app/refusal.h"
#include "bench/images/build/apt_packages.h"
#include "bench/images/build/sha256.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

using PathParts = std::vector<std::string>;

PathParts parts_of(const std::string& path) {
  PathParts parts;
  std::istringstream stream(path);
  for (std::string part; std::getline(stream, part, '/');) {
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  return parts;
}

enum class Match { kWhole, kBelow };

/// kWhole: the pattern means this path or one of its parents. kBelow: it can mean something below this path.
bool matches(Match kind, const PathParts& pattern, std::size_t at, const PathParts& path, std::size_t from) {
  if (from == path.size() && kind == Match::kBelow) return true;
  if (at == pattern.size()) return from > 0;  // what lies in a directory shares its fate
  if (pattern[at] == "**") {
    if (at + 1 == pattern.size()) return kind == Match::kBelow || from < path.size();
    for (std::size_t next = from; next <= path.size(); ++next) {
      if (matches(kind, pattern, at + 1, path, next)) return true;
    }
    return false;
  }
  return from < path.size() && fnmatch(pattern[at].c_str(), path[from].c_str(), 0) == 0 &&
         matches(kind, pattern, at + 1, path, from + 1);
}

/// Never part of an app: what Python and git leave behind. Otherwise having run the app once would change it.
bool by_product(const std::string& name) {
  return name == "__pycache__" || name == ".git" || name.ends_with(".pyc") || name == ".pytest_cache";
}

void walk(const fs::path& dir, const std::string& prefix, const IgnoreRules& rules,
          std::vector<std::string>& files) {
  for (const auto& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename();
    const std::string relative = prefix + name;
    if (by_product(name)) continue;
    if (rules.ignored(relative)) {
      // A later line may take back something below it.
      if (!entry.is_symlink() && entry.is_directory() && rules.takes_back_below(relative))
        walk(entry.path(), relative + "/", rules, files);
      continue;
    }
    if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; })) {
      // The recipes handle lists of files, one a line.
      throw Error(ErrorCode::kUsage,
                  fmt::format("the app directory holds a file whose name has a control character, in {}",
                              dir.string()),
                  "rename it, or list it in .dockerignore");
    }
    if (entry.is_symlink() || entry.is_regular_file()) {
      files.push_back(relative);
    } else if (entry.is_directory()) {
      walk(entry.path(), relative + "/", rules, files);
    } else {
      // Without it the app would be another one, and nobody would know.
      throw Error(
          ErrorCode::kUsage,
          fmt::format("{} is a pipe, a socket or a device: no image can hold it", entry.path().string()),
          "remove it, or list it in .dockerignore");
    }
  }
}

bool executable(const fs::path& path) {
  return (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
}

std::string digest(const fs::path& dir, const std::vector<std::string>& files) {
  Sha256 sum;
  for (const auto& file : files) {
    const fs::path path = dir / file;
    sum.add_field(file);
    if (fs::is_symlink(path)) {
      sum.add_field("link").add_field(fs::read_symlink(path).string());
    } else {
      sum.add_field(executable(path) ? "program" : "file").add_field(sha256_of_file(path));
    }
  }
  return sum.hex();
}

/// The files that lie in the directory that the app is started in, by their names there.
std::map<std::string, std::string> started_beside(const App& app) {
  std::map<std::string, std::string> names;
  for (const Placement& place : app.places) {
    for (const auto& [name, source] : place.files) {
      const std::string path = image_path(place.directory, name);
      if (path.starts_with(app.config.workdir + "/"))
        names[path.substr(app.config.workdir.size() + 1)] = source;
    }
  }
  return names;
}

/// What flask would look for: FLASK_APP or --app of the Dockerfile, else wsgi.py, else app.py. Otherwise it
/// would be found out in an instance only, after the images have been built.
void require_findable(const App& app) {
  const auto names = started_beside(app);
  // A package is a module too.
  for (const char* found : {"wsgi.py", "app.py", "wsgi/__init__.py", "app/__init__.py"}) {
    if (names.contains(found)) return;
  }
  if (!app.config.flask_app.empty()) return;
  std::vector<std::string> modules;
  for (const auto& [name, source] : names) {
    if (name.ends_with(".py") && name.find('/') == std::string::npos) modules.push_back(name);
  }
  std::string remedy = "it needs an app.py or a wsgi.py, or a Dockerfile that sets FLASK_APP";
  if (modules.size() == 1) remedy += fmt::format("; did you mean ENV FLASK_APP={}?", modules.front());
  for (const char* compose : {"docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"}) {
    if (std::find(app.files.begin(), app.files.end(), compose) != app.files.end())
      remedy += fmt::format("; what {} says is not read", compose);
  }
  throw Error(ErrorCode::kUsage, "nothing to run in the app directory " + app.dir.string(), remedy);
}

/// The files of other tools that list an app's packages, and that are not read.
constexpr const char* kUnreadLists[] = {"setup.py",        "environment.yml", "environment.yaml",
                                        "requirements.in", "poetry.lock",     "uv.lock",
                                        "conda.yml"};

/// Where no file that is read says what the app needs, one that is not may: then Flask alone would be a
/// guess.
void refuse_unread_lists(const App& app) {
  for (const std::string& file : app.files) {
    const bool other =
        (file.starts_with("requirements") && file.ends_with(".txt")) ||
        std::find(std::begin(kUnreadLists), std::end(kUnreadLists), file) != std::end(kUnreadLists);
    if (other) {
      refuse_app(
          file,
          "the app's packages are looked for in requirements.txt, pyproject.toml, setup.cfg and Pipfile",
          fmt::format("write a requirements.txt (it may say `-r FILE`), or {}", kOtherWays));
    }
  }
}

/// Where no instruction of a Dockerfile says what to install: the file that people would take.
void read_usual_list(const App& app, RequirementReader& reader) {
  if (fs::exists(fs::symlink_status(app.dir / "requirements.txt"))) {
    reader.read_file("requirements.txt", "the app");
  } else if (!reader.read_project() && !reader.read_pipfile()) {
    refuse_unread_lists(app);
  }
}

/// An app of another framework has no Flask that could be measured.
void refuse_other_frameworks(const std::vector<Requirement>& asked) {
  static const std::set<std::string> others = {"bottle", "django", "falcon",    "fastapi",  "pyramid",
                                               "quart",  "sanic",  "starlette", "streamlit"};
  const Requirement* other = nullptr;
  for (const Requirement& one : asked) {
    const std::string name = normalised_project(one.project);
    if (name.starts_with("flask") && !one.where.empty()) return;
    if (name == "dash" || name == "connexion") return;  // they bring Flask
    if (others.contains(name)) other = &one;
  }
  if (other != nullptr) {
    refuse_app(other->where,
               fmt::format("the app asks for {} and not for Flask, and Flask apps are what is started here",
                           other->project));
  }
}

/// What the distribution's packages have to be there for.
void read_requirements(App& app) {
  RequirementReader reader([&app](const std::string& name) { return app_text(app.dir, name); },
                           marker_environment(distribution_python()));
  const Installs& installs = app.config.installs;
  for (const auto& [file, where] : installs.files) reader.read_file(file, where);
  for (const auto& [text, where] : installs.projects) reader.add(text, where);
  bool said = !installs.files.empty() || !installs.projects.empty();
  if (installs.project && reader.read_project()) said = true;
  if (installs.pipfile && reader.read_pipfile()) said = true;
  if (!said) read_usual_list(app, reader);
  app.requirements = reader.requirements();
  app.requirement_notes = reader.notes();
  refuse_other_frameworks(app.requirements);
}

/// The Dockerfile's text; "" where there is none. Docker takes the name in small letters too.
std::string dockerfile_text(const fs::path& dir) {
  for (const char* name : {"Dockerfile", "dockerfile", "Containerfile"}) {
    if (auto text = app_text(dir, name)) return *std::move(text);
  }
  return "";
}

/// The files of the app by the directories that they go into: those beside each other together.
std::vector<Placement> places_of(const App& app) {
  if (app.config.files.empty()) {
    Placement all{app.config.workdir, {}};
    for (const std::string& file : app.files) all.files[file] = file;
    return {all};
  }
  std::set<std::string> tops = {app.config.workdir};
  std::vector<std::string> parents;
  for (const auto& [path, file] : app.config.files)
    parents.push_back(image_path("/", fs::path(path).parent_path()));
  std::sort(parents.begin(), parents.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  // Directories of the system may hold links, which a directory laid over them would replace.
  static const std::set<std::string> systems = {"/", "/etc", "/lib", "/usr", "/usr/local", "/var"};
  const auto top_of = [&](const std::string& directory) -> std::string {
    for (const std::string& top : tops) {
      if (directory == top || (!systems.contains(top) && directory.starts_with(top + "/"))) return top;
    }
    return "";
  };
  for (const std::string& parent : parents) {
    if (top_of(parent).empty()) tops.insert(parent);
  }
  std::map<std::string, Placement> places;
  for (const auto& [path, file] : app.config.files) {
    const std::string top = top_of(image_path("/", fs::path(path).parent_path()));
    places[top].directory = top;
    places[top].files[path.substr(top == "/" ? 1 : top.size() + 1)] = file;
  }
  std::vector<Placement> result;
  for (auto& [top, place] : places) result.push_back(std::move(place));
  return result;
}

/// What Flask would read beside the app, whether or not the app asks for python-dotenv.
void read_dotenv(App& app) {
  const auto names = started_beside(app);
  for (const char* name : {".env", ".flaskenv"}) {
    if (const auto found = names.find(name); found != names.end())
      add_dotenv(app.config, app_text(app.dir, found->second).value_or(""));
  }
}

/// All but the contents of its files.
App listed_app(const fs::path& dir) {
  App app;
  app.dir = dir;
  if (!fs::is_directory(dir)) {
    throw Error(
        ErrorCode::kUsage, "no such app directory: " + dir.string(),
        "give the directory that holds the Flask app, its requirements.txt and (optionally) its Dockerfile");
  }
  try {
    walk(dir, "", IgnoreRules(app_text(dir, ".dockerignore").value_or("")), app.files);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::kIo, fmt::format("cannot read the app directory: {}", error.what()));
  }
  std::sort(app.files.begin(), app.files.end());
  const std::string dockerfile = dockerfile_text(dir);
  app.config = parse_dockerfile(dockerfile,
                                {app.files, [&dir](const std::string& name) { return app_text(dir, name); }});
  if (!dockerfile.empty() && app.config.files.empty())
    app.config.notes.push_back(
        fmt::format("Dockerfile: it copies nothing of the app's: all of it goes to {}", app.config.workdir));
  app.places = places_of(app);
  read_dotenv(app);
  require_findable(app);
  return app;
}

}  // namespace

IgnoreRules::IgnoreRules(std::string_view text) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
      line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const bool negated = line.front() == '!';
    const std::string pattern = line.substr(negated ? 1 : 0);
    if (PathParts parts = parts_of(pattern); !parts.empty()) patterns_.push_back({negated, std::move(parts)});
  }
}

bool IgnoreRules::ignored(const std::string& relative) const {
  const PathParts path = parts_of(relative);
  bool result = false;
  for (const auto& pattern : patterns_) {
    if (matches(Match::kWhole, pattern.parts, 0, path, 0)) result = !pattern.negated;
  }
  return result;
}

bool IgnoreRules::takes_back_below(const std::string& relative) const {
  const PathParts path = parts_of(relative);
  return std::any_of(patterns_.begin(), patterns_.end(), [&path](const Pattern& pattern) {
    return pattern.negated && matches(Match::kBelow, pattern.parts, 0, path, 0);
  });
}

void require_app(const fs::path& dir, bool distribution) {
  App app = listed_app(dir);
  if (distribution) read_requirements(app);
}

App read_app(const fs::path& dir, bool distribution) {
  App app = listed_app(dir);
  app.sha256 = digest(dir, app.files);
  app.requirements_text = app_text(dir, "requirements.txt").value_or("");
  if (distribution) read_requirements(app);
  return app;
}

void copy_app(const App& app, const fs::path& to) {
  for (std::size_t i = 0; i < app.places.size(); ++i) {
    for (const auto& [name, source] : app.places[i].files) {
      const fs::path from = app.dir / source, copy = to / std::to_string(i) / name;
      fs::create_directories(copy.parent_path());
      if (fs::is_symlink(from)) {
        fs::copy_symlink(from, copy);
      } else {
        fs::copy_file(from, copy);
        // Modes differ with the umask of whoever checked the app out; the image shall not.
        chmod(copy.c_str(), executable(from) ? 0755 : 0644);
      }
    }
  }
}

}  // namespace bench
