#include "bench/images/build/app_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "bench/base/error.h"
#include "bench/base/fd.h"
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

/// What flask would look for: FLASK_APP or --app of the Dockerfile, else wsgi.py, else app.py. Otherwise it
/// would be found out in an instance only, after the images have been built.
void require_findable(const App& app) {
  const auto has = [&app](const char* name) {
    return std::find(app.files.begin(), app.files.end(), name) != app.files.end();
  };
  if (!app.config.flask_app.empty() || has("wsgi.py") || has("app.py")) return;
  std::vector<std::string> modules;
  for (const std::string& file : app.files) {
    if (file.ends_with(".py") && file.find('/') == std::string::npos) modules.push_back(file);
  }
  std::string remedy = "it needs an app.py or a wsgi.py, or a Dockerfile that sets FLASK_APP";
  if (modules.size() == 1) remedy += fmt::format("; did you mean ENV FLASK_APP={}?", modules.front());
  if (has(".flaskenv")) remedy += "; a .flaskenv is not read";
  throw Error(ErrorCode::kUsage, "nothing to run in the app directory " + app.dir.string(), remedy);
}

/// What an app says about itself is read by root, and the app is anybody's: the kernel resolves the name
/// inside the app's directory, and what never ends or is no file is refused. Nothing where there is no such
/// file. Throws kUsage.
std::string app_text(const fs::path& dir, const char* name) {
  constexpr std::int64_t kMost = 1 << 20;
  const auto refuse = [&](const char* why) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: {}", (dir / name).string(), why),
                "give a plain file of at most 1 MiB that lies in the app's directory");
  };
  struct stat status {};
  if (lstat((dir / name).c_str(), &status) != 0) return "";
  const Fd directory(::open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  int fd = static_cast<int>(syscall(SYS_openat2, directory.get(), name, &how, sizeof how));
  // A sandbox may know no openat2. Then no link is followed at all.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
    fd = openat(directory.get(), name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
  }
  const Fd file(fd);
  if (fd < 0)
    refuse(S_ISLNK(status.st_mode) ? "the link leads to nothing in the app's directory"
                                   : std::strerror(errno));
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) refuse("it is no plain file");
  if (status.st_size > kMost) refuse("it is too large for what it is");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = read(fd, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(std::strerror(errno));
    if (got == 0) break;  // it has become shorter meanwhile
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
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
    walk(dir, "", IgnoreRules(app_text(dir, ".dockerignore")), app.files);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::kIo, fmt::format("cannot read the app directory: {}", error.what()));
  }
  std::sort(app.files.begin(), app.files.end());
  app.config = parse_dockerfile(app_text(dir, "Dockerfile"));
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

void require_app(const fs::path& dir) {
  (void)listed_app(dir);
}

App read_app(const fs::path& dir) {
  App app = listed_app(dir);
  app.sha256 = digest(dir, app.files);
  app.requirements_text = app_text(dir, "requirements.txt");
  app.requirements = parse_requirements(app.requirements_text);
  return app;
}

void copy_app(const App& app, const fs::path& to) {
  for (const auto& file : app.files) {
    fs::create_directories((to / file).parent_path());
    if (fs::is_symlink(app.dir / file)) {
      fs::copy_symlink(app.dir / file, to / file);
    } else {
      fs::copy_file(app.dir / file, to / file);
      // Modes differ with the umask of whoever checked the app out; the image shall not.
      chmod((to / file).c_str(), executable(app.dir / file) ? 0755 : 0644);
    }
  }
}

}  // namespace bench
