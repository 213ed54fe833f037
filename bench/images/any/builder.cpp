#include "bench/images/any/builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/subprocess.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kDigits = 12;
constexpr std::size_t kLastLines = 15;
constexpr std::size_t kImagesKept = 8;

using Progress = std::function<void(const std::string&)>;

CommandOptions within(double seconds) {
  CommandOptions options;
  options.timeout = Seconds(seconds);
  return options;
}

/// The directory in which a builder leaves the id, for as long as it builds.
class IdFile {
 public:
  IdFile() {
    std::string pattern = (fs::temp_directory_path() / "bench-build-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot make a directory in {}", fs::temp_directory_path().string()),
                  "set TMPDIR to a directory that can be written");
    }
    dir_ = pattern;
  }
  IdFile(const IdFile&) = delete;
  IdFile& operator=(const IdFile&) = delete;
  ~IdFile() {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  [[nodiscard]] fs::path path() const { return dir_ / "id"; }
  [[nodiscard]] std::string id() const {
    std::string text = file_text(path());
    text.erase(text.find_last_not_of(" \n") + 1);
    return text;
  }

 private:
  fs::path dir_;
};

std::vector<std::string> words_of_build(const OwnBuild& build, const fs::path& id_file) {
  std::vector<std::string> words = {"--file", build.dockerfile.string(), "--iidfile", id_file.string()};
  for (const std::string& argument : build.arguments) words.insert(words.end(), {"--build-arg", argument});
  if (!build.target.empty()) words.insert(words.end(), {"--target", build.target});
  words.push_back(build.dir.string());
  return words;
}

/// What the builder says, as it says it: its steps for people, its last lines for the error.
class Transcript {
 public:
  explicit Transcript(Progress progress) : progress_(std::move(progress)) {}

  void line(std::string_view text) {
    static const std::regex classic("(Step|STEP) [0-9]+/[0-9]+ ?: *(.*)");
    static const std::regex buildkit("#[0-9]+ (\\[.*)");
    std::string line(text);
    std::smatch part;
    const bool of_buildkit = std::regex_match(line, part, buildkit);
    if (of_buildkit || std::regex_match(line, part, classic)) {
      buildkit_ = buildkit_ || of_buildkit;
      // BuildKit names a step again whenever it comes back to it.
      if (progress_ && seen_.insert(part[0]).second) progress_("build: " + part[part.size() - 1].str());
    }
    if (line.find_first_not_of(" \t") != std::string::npos) last_.push_back(std::move(line));
    if (last_.size() > kLastLines) last_.erase(last_.begin());
  }
  [[nodiscard]] bool buildkit() const { return buildkit_; }
  [[nodiscard]] std::string end() const {
    std::string text;
    for (const std::string& line : last_) text += "\n  " + line.substr(0, 400);
    return text.empty() ? " nothing was said" : text;
  }

 private:
  Progress progress_;
  std::vector<std::string> last_;
  std::set<std::string> seen_;
  bool buildkit_ = false;
};

void run_builder(std::vector<std::string> command, const OwnBuild& build, const IdFile& file,
                 CommandOptions options, Transcript& transcript, const std::stop_token& stop) {
  const std::vector<std::string> words = words_of_build(build, file.path());
  command.insert(command.end(), words.begin(), words.end());
  options.out_as_err = true;
  options.on_line = [&](std::string_view line) { transcript.line(line); };
  options.grace = Seconds(10);
  const CommandResult result = run_command(command, options, stop);
  if (result.exit_code == 0 && !file.id().empty()) return;
  throw Error(ErrorCode::kEngine,
              fmt::format("{} build of {} failed (exit {}); its last lines:{}", command.front(),
                          name_of(build), result.exit_code, transcript.end()),
              fmt::format("mend the Dockerfile until `{} build {}` works, then run this again",
                          command.front(), build.dir.string()));
}

std::string digits_of(const std::string& id) {
  const std::size_t colon = id.find(':');
  return id.substr(colon == std::string::npos ? 0 : colon + 1, kDigits);
}

/// The second to third word of "Docker version 28.2.2, build e6534b4" and its like.
std::string version_of(const std::string& program, const std::stop_token& stop) {
  const CommandResult result = run_command({program, "--version"}, within(30), stop);
  std::smatch part;
  const std::regex form("version ([^ ,\n]+)");
  return program + (std::regex_search(result.out, part, form) ? " " + part[1].str() : "");
}

bool is_own_name(const std::string& name) {
  static const std::regex form(fmt::format("localhost/{}:[0-9a-f]{{{}}}", kOwnImages, kDigits));
  return std::regex_match(name, form);
}

/// "bench/image:…" as podman and buildah write it down.
std::string local_name(const std::string& name) {
  return "localhost/" + name;
}

/// Ours are known by the name, which repeats the id.
std::vector<std::string> drop_own_images(const std::string& program, std::size_t keep,
                                         const std::stop_token& stop) {
  // Both list the newest first.
  const CommandResult listed = run_command(
      {program, "images", "--no-trunc", "--format", "{{.Name}}:{{.Tag}} {{.ID}}"}, within(60), stop);
  std::vector<std::string> ours, removed;
  std::istringstream lines(listed.out);
  for (std::string name, id; lines >> name >> id;) {
    if (is_own_name(name) && digits_of(id) == name.substr(name.rfind(':') + 1)) ours.push_back(name);
  }
  for (std::size_t i = keep; i < ours.size(); ++i) {
    if (run_command({program, "rmi", ours[i]}, within(60), stop).exit_code == 0) {
      removed.push_back(fmt::format("removed the image {} from {}", ours[i], program));
    }
  }
  return removed;
}

fs::path dockerfile_of(const OwnBuild& build) {
  if (build.dockerfile.empty()) {
    for (const char* name : {"Dockerfile", "dockerfile", "Containerfile"}) {
      if (fs::is_regular_file(build.dir / name)) return build.dir / name;
    }
    throw Error(ErrorCode::kUsage, fmt::format("--build {}: there is no Dockerfile", build.dir.string()),
                "name the directory that holds it, or the file: --dockerfile FILE");
  }
  for (const fs::path& file : {build.dockerfile, build.dir / build.dockerfile}) {
    if (fs::is_regular_file(file)) return file;
  }
  throw Error(ErrorCode::kUsage, fmt::format("--dockerfile {} is not a file", build.dockerfile.string()),
              fmt::format("name one that is here or in {}", build.dir.string()));
}

}  // namespace

std::string own_image_name(const std::string& id) {
  return fmt::format("{}:{}", kOwnImages, digits_of(id));
}

OwnBuild checked_build(OwnBuild build) {
  if (!fs::is_directory(build.dir)) {
    throw Error(ErrorCode::kUsage, fmt::format("--build {} is not a directory", build.dir.string()),
                "name the directory that holds the app's Dockerfile");
  }
  build.dockerfile = fs::canonical(dockerfile_of(build));
  build.dir = fs::canonical(build.dir);
  static const std::regex argument("[A-Za-z_][A-Za-z0-9_]*=[^]*");
  for (const std::string& one : build.arguments) {
    if (std::regex_match(one, argument)) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("--build-arg {} is not NAME=VALUE", one.substr(0, one.find('='))),
                "such as --build-arg VERSION=1");
  }
  if (build.target.starts_with('-')) {
    throw Error(ErrorCode::kUsage, fmt::format("--target {} is no name of a stage", build.target),
                "it stands behind AS in the Dockerfile");
  }
  if (build.builder != kAnyBuilder &&
      std::find(kBuilders.begin(), kBuilders.end(), build.builder) == kBuilders.end()) {
    throw Error(ErrorCode::kUsage, fmt::format("--builder '{}' is none that bench knows", build.builder),
                fmt::format("one of {}, {}", kAnyBuilder, fmt::join(kBuilders, ", ")));
  }
  return build;
}

std::string name_of(const OwnBuild& build) {
  std::vector<std::string> more;
  const fs::path file = build.dockerfile.lexically_relative(build.dir);
  if (file != "Dockerfile") {
    more.push_back(file.empty() || *file.begin() == ".." ? build.dockerfile.string() : file.string());
  }
  if (!build.target.empty()) more.push_back("target " + build.target);
  for (const std::string& argument : build.arguments) more.push_back(argument.substr(0, argument.find('=')));
  return more.empty() ? build.dir.string()
                      : fmt::format("{} ({})", build.dir.string(), fmt::join(more, ", "));
}

std::vector<std::string> builders_here(const OwnBuild& build) {
  std::vector<std::string> here;
  for (const std::string& program : kBuilders) {
    if ((build.builder == kAnyBuilder || build.builder == program) && have_program(program)) {
      here.push_back(program);
    }
  }
  if (!here.empty()) return here;
  const bool any = build.builder == kAnyBuilder;
  throw Error(ErrorCode::kUnavailable,
              any ? fmt::format("none of {} is installed to build {} with", fmt::join(kBuilders, ", "),
                                build.dir.string())
                  : fmt::format("{} is not installed", build.builder),
              any ? "install one of them, such as the package docker.io or buildah"
                  : fmt::format("install it, or let bench choose: --builder {}", kAnyBuilder));
}

BuiltImage build_with_docker(const OwnBuild& build, const DockerHost& docker, const Progress& progress,
                             std::stop_token stop) {
  const std::string host = "--host=" + docker.address;
  const IdFile file;
  Transcript transcript(progress);
  std::vector<std::string> command = {"docker", host, "build"};
  if (docker.host_network) command.emplace_back("--network=host");
  // The builder of this daemon, whichever was last chosen for others; and one line a step.
  CommandOptions options;
  options.env = {{"BUILDX_BUILDER", "default"}, {"BUILDKIT_PROGRESS", "plain"}};
  run_builder(command, build, file, options, transcript, stop);
  BuiltImage image;
  // An engine may number images otherwise than its builder does.
  image.id =
      check_command({"docker", host, "image", "inspect", "--format", "{{.Id}}", file.id()}, within(60), stop);
  image.id.erase(image.id.find_last_not_of(" \n") + 1);
  image.name = own_image_name(image.id);
  check_command({"docker", host, "tag", image.id, image.name}, within(60), stop);
  image.builder = fmt::format("{} ({})", version_of("docker", stop),
                              transcript.buildkit() ? "BuildKit" : "classic builder");
  return image;
}

BuiltImage build_in_own_store(const OwnBuild& build, const std::string& program, const Progress& progress,
                              std::stop_token stop) {
  const IdFile file;
  Transcript transcript(progress);
  // As Docker does: layers are kept for the next time, and nothing of a Dockerfile is dropped.
  run_builder({program, "build", "--layers", "--format=docker"}, build, file, {}, transcript, stop);
  BuiltImage image;
  image.id = file.id();
  if (!image.id.starts_with("sha256:")) image.id = "sha256:" + image.id;
  image.name = own_image_name(image.id);
  check_command({program, "tag", image.id.substr(image.id.find(':') + 1), local_name(image.name)}, within(60),
                stop);
  image.builder = version_of(program, stop);
  (void)drop_own_images(program, kImagesKept, stop);
  return image;
}

void save_from_own_store(const std::string& program, const BuiltImage& image, const fs::path& to,
                         std::stop_token stop) {
  const std::string id = image.id.substr(image.id.find(':') + 1);
  if (program == "buildah") {
    check_command({"buildah", "push", "--quiet", id, "docker-archive:" + to.string()}, {}, stop);
  } else {
    check_command({program, "save", "--quiet", "--format=docker-archive", "--output", to.string(), id}, {},
                  stop);
  }
}

std::vector<std::string> clean_built_images() {
  for (const char* program : {"podman", "buildah"}) {  // they have one store
    if (have_program(program)) return drop_own_images(program, 0, {});
  }
  return {};
}

}  // namespace bench
