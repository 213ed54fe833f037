#include "bench/images/oci/platform.h"

#include <sys/utsname.h>

#include <map>

namespace bench {

Platform this_platform() {
  static const std::map<std::string, Platform> known = {
      {"x86_64", {"linux", "amd64", ""}},       {"aarch64", {"linux", "arm64", "v8"}},
      {"armv7l", {"linux", "arm", "v7"}},       {"armv6l", {"linux", "arm", "v6"}},
      {"i686", {"linux", "386", ""}},           {"i386", {"linux", "386", ""}},
      {"loongarch64", {"linux", "loong64", ""}}};
  utsname names{};
  if (uname(&names) != 0) return {"linux", "", ""};
  const auto found = known.find(names.machine);
  if (found != known.end()) return found->second;
  return {"linux", names.machine, ""};  // riscv64, ppc64le, s390x: the same word in both
}

std::string platform_text(const Platform& platform) {
  std::string text = platform.os + "/" + platform.architecture;
  if (!platform.variant.empty()) text += "/" + platform.variant;
  return text;
}

int platform_fit(const Platform& wanted, const Platform& offered) {
  if (!offered.os.empty() && offered.os != wanted.os) return 0;
  if (offered.architecture.empty()) return 1;
  if (offered.architecture != wanted.architecture) return 0;
  if (offered.variant == wanted.variant) return 4;
  if (offered.variant.empty()) return 3;
  // amd64/v3 may hold instructions that this machine lacks, arm/v6 runs on arm/v7.
  if (wanted.variant.empty()) return 0;
  return offered.variant < wanted.variant ? 2 : 0;
}

}  // namespace bench
