#include "bench/images/boot/kernel.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "bench/base/error.h"
#include "bench/images/boot/distribution_kernel.h"

namespace bench {

namespace fs = std::filesystem;

const std::vector<std::string> kGuestDrivers = {"virtio_pci", "virtio_blk", "virtio_net", "ext4", "button"};

namespace {

constexpr const char* kNoKernel = "give a file that is called vmlinuz or bzImage";
constexpr const char* kOther = "use --kernel distribution, or --kernel FILE --modules DIR";

/// DIR itself where it is a kernel's directory, else the one of this release in it.
fs::path modules_below(const fs::path& dir, const std::string& release) {
  for (const char* below : {"lib/modules", "usr/lib/modules", "."}) {
    const fs::path found = dir / below / release;
    if (fs::is_directory(found)) return found;
  }
  if (!fs::is_directory(dir)) {
    throw Error(ErrorCode::kUsage, fmt::format("--modules {} is no directory", dir.string()),
                fmt::format("give the directory that is called {}", release));
  }
  if (fs::weakly_canonical(dir).filename() == release) return dir;
  if (!fs::exists(dir / "modules.builtin") || fs::exists(dir / "lib")) {
    throw Error(ErrorCode::kUsage, fmt::format("--modules {} has no modules of {}", dir.string(), release),
                fmt::format("give the directory that is called {}", release));
  }
  throw Error(ErrorCode::kUsage,
              fmt::format("--modules {} is of the kernel {}, and the kernel's file of {}", dir.string(),
                          fs::weakly_canonical(dir).filename().string(), release),
              "give the modules of that kernel");
}

void require_readable(const fs::path& file) {
  if (access(file.c_str(), R_OK) == 0) return;
  throw Error(ErrorCode::kUnavailable,
              fmt::format("cannot read this host's kernel {}: {}", file.string(), std::strerror(errno)),
              "run as root, or use --kernel distribution");
}

}  // namespace

std::string kernel_release(const fs::path& file) {
  // The kernel's boot protocol (Documentation/arch/x86/boot.rst): a magic at 0x202, and at 0x20e where, after
  // the first sector, its version stands as text.
  std::ifstream stream(file, std::ios::binary);
  std::string head(64 * 1024, '\0');
  if (!stream || fs::is_directory(file)) {
    throw Error(ErrorCode::kUsage, fmt::format("the kernel {} cannot be read", file.string()), kNoKernel);
  }
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stream.gcount()));
  constexpr std::size_t kMagic = 0x202, kVersion = 0x20e, kSector = 0x200;
  if (head.size() < kVersion + 2 || head.compare(kMagic, 4, "HdrS") != 0) {
    throw Error(ErrorCode::kUsage, fmt::format("{} is no Linux kernel that boots on x86", file.string()),
                kNoKernel);
  }
  const std::size_t at = kSector + static_cast<unsigned char>(head[kVersion]) +
                         256U * static_cast<unsigned char>(head[kVersion + 1]);
  const std::size_t end = at < head.size() ? head.find_first_of(std::string_view(" \0", 2), at) : head.npos;
  if (end == head.npos || end == at) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the kernel {} does not say which release it is", file.string()), kNoKernel);
  }
  return head.substr(at, end - at);
}

GuestKernel host_kernel(const fs::path& root, const std::string& release) {
  const fs::path modules = root / "lib/modules" / release;
  const std::vector<fs::path> places = {root / "boot" / ("vmlinuz-" + release), modules / "vmlinuz"};
  for (const auto& file : places) {
    if (!fs::exists(file)) continue;
    require_readable(file);
    if (!fs::is_directory(modules)) {
      throw Error(ErrorCode::kUnavailable,
                  fmt::format("this host's kernel {} has no modules in {}", release, modules.string()),
                  kOther);
    }
    return {"host", file, release, ModuleTree(modules).with_dependencies(kGuestDrivers)};
  }
  throw Error(
      ErrorCode::kUnavailable,
      fmt::format("this host's kernel {} has no file here ({} and {} are missing), as in a container or a "
                  "VM whose kernel comes from outside",
                  release, places[0].string(), places[1].string()),
      kOther);
}

GuestKernel file_kernel(const fs::path& file, const fs::path& modules, const fs::path& host_modules) {
  GuestKernel kernel{file.string(), fs::absolute(file), kernel_release(file), {}};
  fs::path tree = host_modules / kernel.release;
  if (!modules.empty()) {
    tree = modules_below(modules, kernel.release);
  } else if (!fs::is_directory(tree)) {
    return kernel;  // a kernel that has its drivers built in; else the guest says that it finds no disk
  }
  kernel.modules = ModuleTree(tree).with_dependencies(kGuestDrivers);
  return kernel;
}

GuestKernel find_kernel(const KernelChoice& choice, const ImageRequest& request, std::stop_token stop) {
  const bool file = choice.kernel != "distribution" && choice.kernel != "host";
  if (!file && !choice.modules.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("--modules goes with --kernel FILE, not with {}", choice.kernel),
                "leave --modules out");
  }
  if (file) return file_kernel(choice.kernel, choice.modules, "/lib/modules");
  if (choice.kernel == "distribution") return distribution_kernel(request, stop);
  struct utsname self {};
  uname(&self);
  return host_kernel("/", self.release);
}

}  // namespace bench
