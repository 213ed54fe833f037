#include "drivers/libvirt/trial.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"
#include "bench/base/subprocess.h"
#include "drivers/libvirt/domain/registry.h"
#include "drivers/libvirt/guest.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

/// An empty disk, made once.
fs::path trial_base() {
  const fs::path base = cache_dir() / "libvirt" / "trial.qcow2";
  if (!fs::exists(base)) {
    fs::create_directories(base.parent_path());
    const fs::path half = fmt::format("{}.{}", base.string(), ::getpid());
    check_command({"qemu-img", "create", "-q", "-f", "qcow2", half.string(), "1M"});
    fs::rename(half, base);
  }
  return base;
}

/// What AppArmor's @{HOME} stands for, as distributions set it.
bool below_hidden_directory_of_a_home(const fs::path& directory) {
  auto part = directory.begin();
  const auto next = [&] { return part == directory.end() ? std::string() : (part++)->string(); };
  if (next() != "/") return false;
  const std::string top = next();
  if (top == "home") next();  // the user
  if (top != "home" && top != "root") return false;
  return next().starts_with('.');
}

}  // namespace

TrialGuest::TrialGuest(bool run_as_us) {
  spec_.name = fmt::format("bench-trial-{}", ::getpid());
  spec_.owner.pid = ::getpid();
  spec_.memory_bytes = std::int64_t{64} << 20;
  if (run_as_us) spec_.run_as = {::geteuid(), ::getegid()};
  spec_.disk_base = trial_base();
  spec_.disk = instance_files(spec_.name).disk;
  make_overlay(spec_.disk_base, spec_.disk, {});
}

TrialGuest::~TrialGuest() {
  std::error_code ignored;
  fs::remove(spec_.disk, ignored);
}

std::optional<Warning> hidden_from_system_daemon(const fs::path& directory, const fs::path& sysroot) {
  if (!file_text(sysroot / "sys/module/apparmor/parameters/enabled").starts_with('Y')) return std::nullopt;
  std::error_code error;
  const fs::path real = fs::weakly_canonical(directory, error);
  if (!below_hidden_directory_of_a_home(error ? directory : real)) return std::nullopt;
  return Warning{
      fmt::format(
          "AppArmor keeps the guests of the system's libvirt from files in a hidden directory of a home, "
          "and that is where {} is",
          directory.string()),
      "set BENCH_CACHE_DIR to a directory that is not hidden, such as /var/cache/bench"};
}

}  // namespace bench
