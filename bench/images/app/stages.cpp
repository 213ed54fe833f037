#include "bench/images/app/stages.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "bench/base/text.h"
#include "bench/images/app/refusal.h"

namespace bench {

namespace {

/// What the base has at every FROM.
constexpr const char* kBasePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool below(const std::string& path, const std::string& directory) {
  return directory.empty() || directory == "/" || path == directory ||
         (path.starts_with(directory) && path[directory.size()] == '/');
}

class StageReader {
 public:
  explicit StageReader(const AppListing& app) : app_(app) { image_.variables["PATH"] = kBasePath; }

  void take(const DockerLine& line) {
    line_ = &line;
    const std::string& verb = line.verb;
    if (verb == "FROM") return from();
    if (verb == "ARG") return argument();
    if (verb == "ENV") return environment();
    if (verb == "WORKDIR") return workdir();
    if (verb == "COPY" || verb == "ADD") return copy();
    if (verb == "RUN") return run();
    if (verb == "STOPSIGNAL") {
      if (!line.rest.empty()) image_.stop_signal = expanded(line.rest, image_.variables);
    } else if (verb == "ENTRYPOINT") {
      image_.entrypoint = command();
      if (!has_command_) image_.command = {};  // that of the base
      image_.command_line = line.number;
    } else if (verb == "CMD") {
      image_.command = command();
      has_command_ = true;
      image_.command_line = line.number;
    } else if (verb == "USER") {
      note(fmt::format("runs as root on every target: USER {}", quoted_line(line.rest)));
    }
  }

  DockerImage last() { return image_; }

 private:
  [[nodiscard]] std::string here() const { return image_.workdir.empty() ? kDefaultWorkdir : image_.workdir; }
  [[nodiscard]] std::string where() const { return fmt::format("Dockerfile line {}", line_->number); }
  void note(const std::string& text) { image_.notes.push_back(where() + ": " + text); }
  [[noreturn]] void refuse(const std::string& what) const {
    refuse_app(where(), fmt::format("{} {}: {}", line_->verb, quoted_line(line_->rest), what));
  }

  void from() {
    if (!name_.empty()) stages_[name_] = image_;
    if (number_ >= 0) stages_[std::to_string(number_)] = image_;
    ++number_;
    has_command_ = false;
    std::vector<std::string> words = shell_words(expanded(line_->rest, global_));
    std::erase_if(words, [](const std::string& word) { return word.starts_with("--"); });
    const auto base = words.empty() ? stages_.end() : stages_.find(lower(words.front()));
    if (base != stages_.end()) {
      image_ = base->second;
    } else {
      image_ = {};
      image_.variables = global_;  // kept known, for what is started in the shell form
      image_.variables["PATH"] = kBasePath;
    }
    name_ = words.size() >= 3 && lower(words[1]) == "as" ? lower(words[2]) : "";
  }

  void argument() {
    for (const auto& word : shell_words(line_->rest)) {
      const auto at = word.find('=');
      if (at == std::string::npos) continue;
      const std::string name = word.substr(0, at);
      if (image_.env.contains(name)) continue;  // an ENV of that name wins
      image_.variables[name] = expanded(word.substr(at + 1), image_.variables);
      if (number_ < 0) global_[name] = image_.variables[name];
    }
  }

  void set(const std::string& name, const std::string& value) {
    image_.env[name] = value;
    image_.variables[name] = value;
  }

  void environment() {
    const std::string& rest = line_->rest;
    const auto equals = rest.find('='), space = rest.find_first_of(" \t");
    if (equals == std::string::npos || (space != std::string::npos && space < equals)) {
      // The old form: ENV NAME the whole rest.
      const std::string value(space == std::string::npos ? ""
                                                         : trimmed(std::string_view(rest).substr(space)));
      set(rest.substr(0, space),
          fmt::format("{}", fmt::join(shell_words(expanded(value, image_.variables)), " ")));
      return;
    }
    const DockerVariables before = image_.variables;  // one line's settings do not see each other
    for (const auto& word : shell_words(expanded(rest, before))) {
      const auto at = word.find('=');
      if (at != std::string::npos) set(word.substr(0, at), word.substr(at + 1));
    }
  }

  /// Where WORKDIR leads, `..` ending at the root. Refused where an app cannot lie: these directories are the
  /// engine's or the kernel's, and no image holds what is put there.
  void workdir() {
    // Blanks need no quotes here: the whole line is one path.
    const std::string path =
        fmt::format("{}", fmt::join(shell_words(expanded(line_->rest, image_.variables)), " "));
    if (std::any_of(path.begin(), path.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }))
      refuse_app(where(), "WORKDIR holds a control character",
                 "name a directory of the image's own, such as /app");
    image_.workdir = image_path(image_.workdir, path);
    require_ours(image_.workdir);
    directories_.insert(image_.workdir);
    if (image_.workdir == "/") image_.workdir.clear();
  }

  void require_ours(const std::string& path) const {
    for (const char* engines : {"/dev", "/proc", "/sys", "/run", "/tmp", "/opt/bench"}) {
      if (below(path, engines)) {
        refuse_app(where(),
                   fmt::format("{} {}: what lies there is no part of an image", line_->verb,
                               quoted_line(line_->rest)),
                   "name a directory of the image's own, such as /app");
      }
    }
  }

  [[nodiscard]] DockerCommand command() const {
    const auto exec = json_words(line_->rest);
    return exec.empty() ? DockerCommand{{}, line_->rest == "[]" ? "" : line_->rest} : DockerCommand{exec, ""};
  }

  void run() {
    const auto source_of = [this](const std::string& path) {
      const auto found = image_.files.find(path);
      return found == image_.files.end() ? std::string() : found->second;
    };
    if (!take_run_line(*line_, here(), image_.variables, source_of, image_.installs))
      note("not run: RUN " + quoted_line(line_->heredoc.empty() ? line_->rest : line_->heredoc));
  }

  void copy() {
    std::string rest = line_->rest;
    std::string stage;
    while (rest.starts_with("--")) {
      const std::string option = rest.substr(0, rest.find_first_of(" \t"));
      if (option.starts_with("--from=")) stage = expanded(option.substr(7), image_.variables);
      if (option.starts_with("--exclude") || option.starts_with("--parents"))
        refuse(option + " is not understood");
      rest = trimmed(std::string_view(rest).substr(option.size()));
    }
    std::vector<std::string> words = json_words(rest);
    for (std::string& word : words) word = expanded(word, image_.variables);
    if (words.empty()) words = shell_words(expanded(rest, image_.variables));
    if (!line_->heredoc.empty()) refuse("a file that the Dockerfile holds itself is not made");
    if (words.size() < 2) refuse("it names no place");
    const std::string to = words.back();
    words.pop_back();
    if (!stage.empty()) return copy_from(lower(stage), words, to);
    image_.copies = true;
    for (const std::string& source : words) copy_local(source, to, words.size() > 1);
  }

  void copy_from(const std::string& stage, const std::vector<std::string>& sources, const std::string& to) {
    const auto found = stages_.find(stage);
    if (found == stages_.end()) {
      note("not taken: " + line_->verb + " " + quoted_line(line_->rest));
      return;
    }
    const DockerImage& other = found->second;
    image_.installs.add(other.installs);
    bool any = false;
    for (const std::string& source : sources) {
      const std::string top = image_path("/", source);
      for (const auto& [path, file] : other.files) {
        if (!below(path, top)) continue;
        any = true;
        place(path == top ? destination(to, last_part(path), sources.size() > 1)
                          : image_path(here(), to) + "/" + path.substr(top == "/" ? 1 : top.size() + 1),
              file);
      }
    }
    image_.copies = image_.copies || any;
    if (any) image_.notes.insert(image_.notes.end(), other.notes.begin(), other.notes.end());
    if (!any) note("not taken: " + line_->verb + " " + quoted_line(line_->rest));
  }

  /// Where a single file goes: into a directory that is there or that the path's end says, else under that
  /// name.
  [[nodiscard]] std::string destination(const std::string& to, const std::string& name, bool several) const {
    const std::string path = image_path(here(), to);
    const bool directory = several || to.ends_with('/') || to == "." || to.ends_with("/.") ||
                           path == here() || directories_.contains(path) ||
                           std::any_of(image_.files.begin(), image_.files.end(), [&](const auto& file) {
                             return file.first != path && below(file.first, path);
                           });
    return directory ? image_path(path, name) : path;
  }

  void place(const std::string& path, const std::string& file) {
    const std::string plain = image_path("/", path);
    if (passing_place(plain)) {
      // Where lists of packages are put to be installed from; nothing else is lost without a word.
      const bool list = file.ends_with(".txt") || file.ends_with(".toml") || file.ends_with(".lock") ||
                        file.ends_with("Pipfile");
      if (!list)
        note(fmt::format("{} goes to {}, which is no part of an image", quoted_line(file),
                         quoted_line(plain)));
    } else {
      require_ours(plain);
    }
    image_.files[plain] = file;
  }

  void copy_local(const std::string& source, const std::string& to, bool several) {
    if (source.find("://") != std::string::npos || source.starts_with("git@")) refuse("nothing is fetched");
    if (app_.names.empty()) return;
    std::string plain = image_path("/", source).substr(1);
    const bool pattern = plain.find_first_of("*?[") != std::string::npos;
    bool any = false;
    std::set<std::string> tops;
    for (const std::string& name : app_.names) {
      // The part of the name that the source means: as many parts as it has.
      std::size_t end = 0;
      for (auto parts = plain.empty() ? 0 : std::count(plain.begin(), plain.end(), '/') + 1;
           parts > 0 && end != std::string::npos; --parts)
        end = name.find('/', end + (end == 0 ? 0 : 1));
      const std::string top = name.substr(0, end);
      const bool means =
          plain.empty() || (pattern ? fnmatch(plain.c_str(), top.c_str(), FNM_PATHNAME) == 0 : top == plain);
      if (!means) continue;
      any = true;
      if (!plain.empty() && top == name) {
        if (line_->verb == "ADD" &&
            (name.ends_with(".tar") || name.ends_with(".tgz") || name.find(".tar.") != std::string::npos))
          refuse("the archive is not unpacked");
        place(destination(to, last_part(name), several || pattern), name);
      } else {
        place(image_path(here(), to) + "/" + name.substr(plain.empty() ? 0 : top.size() + 1), name);
      }
    }
    if (!any && !pattern && !plain.empty())
      refuse(fmt::format("there is no {} in the app's directory, or .dockerignore leaves it out",
                         quoted_line(source)));
  }

  const AppListing& app_;
  const DockerLine* line_ = nullptr;
  DockerVariables global_;
  std::map<std::string, DockerImage> stages_;  ///< by name in lower case, and by number
  std::set<std::string> directories_;
  std::string name_;
  int number_ = -1;
  bool has_command_ = false;  ///< of this stage's own
  DockerImage image_;
};

}  // namespace

bool passing_place(const std::string& path) {
  return below(path, "/tmp") || below(path, "/run");
}

DockerImage read_stages(std::string_view dockerfile, const AppListing& app) {
  StageReader reader(app);
  for (const DockerLine& line : docker_lines(dockerfile)) reader.take(line);
  return reader.last();
}

}  // namespace bench
