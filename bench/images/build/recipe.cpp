#include "bench/images/build/recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "bench/base/clock.h"
#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "bench/images/app/refusal.h"
#include "bench/images/build/sha256.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kProgress = "bench: ";
constexpr std::string_view kMissing = "bench-missing: ";
constexpr std::string_view kRefused = "bench-refused: ";

/// What the recipes call, and who brings it in Debian and its descendants.
const std::map<std::string, std::string>& packages() {
  static const std::map<std::string, std::string> rows = {{"mmdebstrap", "mmdebstrap"},
                                                          {"tar", "tar"},
                                                          {"cpio", "cpio"},
                                                          {"mke2fs", "e2fsprogs"},
                                                          {"qemu-img", "qemu-utils"},
                                                          {"sfdisk", "fdisk"},
                                                          {"mformat", "mtools"},
                                                          {"mcopy", "mtools"},
                                                          {"dpkg-deb", "dpkg"},
                                                          {"apt-get", "apt"},
                                                          {"apt-config", "apt"},
                                                          {"skopeo", "skopeo"},
                                                          {"umoci", "umoci"},
                                                          {"chroot", "coreutils"},
                                                          {"debugfs", "e2fsprogs"},
                                                          {"e2fsck", "e2fsprogs"}};
  return rows;
}

/// Where nothing better is known about a build that failed.
std::string remedy_of_a_build() {
  try {
    CommandOptions options;
    options.timeout = Seconds(5);
    const std::string chroot = run_command({"chroot", "--version"}, options).out;
    if (!chroot.empty() && chroot.find("GNU") == std::string::npos) {
      return fmt::format(
          "put GNU's coreutils before this machine's own ({}), or install them beside those (Ubuntu: "
          "apt-get install gnu-coreutils)",
          chroot.substr(0, chroot.find('\n')));
    }
  } catch (const Error&) {
    // Then it says nothing about the machine.
  }
  return "check that the package mirrors of this machine can be reached (`apt-get update`)";
}

}  // namespace

void require_programs(const std::vector<std::string>& programs) {
  std::vector<std::string> missing;
  std::set<std::string> needed;
  for (const auto& program : programs) {
    if (have_program(program)) continue;
    missing.push_back(program);
    const auto found = packages().find(program);
    needed.insert(found == packages().end() ? program : found->second);
  }
  if (missing.empty()) return;
  throw Error(ErrorCode::kUnavailable,
              fmt::format("the images cannot be built: {} {} not installed", fmt::join(missing, ", "),
                          missing.size() == 1 ? "is" : "are"),
              fmt::format("apt-get install {}", fmt::join(needed, " ")));
}

void Recipes::run(const std::string& name, const ImageStore::Draft& draft, const Variables& variables,
                  std::stop_token stop) const {
  CommandOptions options;
  options.env = variables;
  options.env["BENCH_OUT"] = draft.out().string();
  options.env["BENCH_WORK"] = draft.work().string();
  options.cwd = "/";                 // the recipe may mount something over its work directory
  std::vector<std::string> missing;  // projects
  std::string refused;
  TimePoint since = Clock::now();
  std::string doing;
  const auto finish = [&] {
    if (!doing.empty() && progress_) {
      progress_(fmt::format("{} ({:.1f} s)", doing, Seconds(Clock::now() - since).count()));
    }
    doing.clear();
  };
  options.on_line = [&](std::string_view line) {
    if (line.starts_with(kMissing)) missing.emplace_back(line.substr(kMissing.size()));
    if (line.starts_with(kRefused)) refused = line.substr(kRefused.size());
    if (!line.starts_with(kProgress)) return;
    finish();
    doing = line.substr(kProgress.size());
    since = Clock::now();
    if (progress_) progress_(doing + "…");
  };
  const CommandResult result = run_command({"sh", (dir_ / (name + ".sh")).string()}, options, stop);
  if (result.exit_code == 0) {
    finish();
    return;
  }
  if (!refused.empty()) {
    throw Error(ErrorCode::kUsage, refused, "name a directory of the image's own, such as /app");
  }
  if (!missing.empty()) {
    throw Error(
        ErrorCode::kUnavailable,
        fmt::format("the app asks for what the distribution has no package of: {}", fmt::join(missing, ", ")),
        fmt::format("{}; or drop {}", kOtherWays, missing.size() == 1 ? "it" : "them"));
  }
  std::string tail = result.err;
  constexpr std::size_t kTail = 1500;
  if (tail.size() > kTail) tail = "…" + tail.substr(tail.size() - kTail);
  while (!tail.empty() && tail.back() == '\n') tail.pop_back();
  const bool full = tail.find("No space left") != std::string::npos;
  throw Error(full ? ErrorCode::kIo : ErrorCode::kEngine,
              fmt::format("building the images failed in {}.sh (exit {}): {}", name, result.exit_code, tail),
              full ? "free some space, or set BENCH_CACHE_DIR to a larger file system" : remedy_of_a_build());
}

std::string Recipes::digest(const std::vector<std::string>& files) const {
  Sha256 sum;
  for (const auto& file : files) sum.add_field(file).add_field(sha256_of_file(dir_ / file));
  return sum.hex();
}

std::string Recipes::digest() const {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(dir_, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path().filename());
  }
  if (error) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot read the image recipes in {}: {}", dir_.string(), error.message()),
                "set BENCH_DATA_DIR to the directory that holds backend/");
  }
  std::sort(files.begin(), files.end());
  return digest(files);
}

}  // namespace bench
