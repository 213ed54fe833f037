#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The directory of a cgroup, and the version of the hierarchy that it is in.
struct Cgroup {
  std::filesystem::path directory;
  int version = 2;  ///< 1 or 2
};

/// Where `pid` is accounted for by `controller` ("cpuacct", "memory"): its cgroup in the v1 hierarchy that
/// has the controller, then its cgroup in the v2 tree; a hybrid machine has both, and only reading tells
/// which of them counts. A cgroup that also holds the harness, or the whole machine, says nothing about one
/// instance and is left out.
std::vector<Cgroup> instance_cgroups(pid_t pid, std::string_view controller,
                                     const std::filesystem::path& sysroot = "/");

/// The cgroups that this very process is limited by: its own and those above it, innermost first.
std::vector<Cgroup> own_cgroups(std::string_view controller, const std::filesystem::path& sysroot = "/");

/// True when `path` is `ancestor` or below it.
bool cgroup_is_within(const std::string& path, const std::string& ancestor);

}  // namespace bench
