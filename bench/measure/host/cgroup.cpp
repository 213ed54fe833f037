#include "bench/measure/host/cgroup.h"

#include <optional>
#include <sstream>
#include <utility>

#include "bench/measure/host/files.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

/// Where a process is in the hierarchies that count: cgroup v1's one with the controller and the v2 tree.
struct CgroupPaths {
  std::optional<std::string> v1, unified;
};

bool has_controller(const std::string& list, std::string_view name) {
  std::istringstream in(list);
  for (std::string one; std::getline(in, one, ',');) {
    if (one == name) return true;
  }
  return false;
}

CgroupPaths cgroup_paths(const std::string& proc_entry, std::string_view controller,
                         const fs::path& sysroot) {
  CgroupPaths paths;
  const auto text = read_host_file(sysroot / "proc" / proc_entry / "cgroup");
  if (!text) return paths;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) {  // "4:cpu,cpuacct:/docker/3f…" or "0::/…"
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty() && line.starts_with("0:")) paths.unified = path;
    if (has_controller(controllers, controller)) paths.v1 = path;
  }
  return paths;
}

struct CgroupMounts {
  std::optional<fs::path> v1, unified;  ///< inside the sysroot
};

CgroupMounts cgroup_mounts(std::string_view controller, const fs::path& sysroot) {
  CgroupMounts mounts;
  const auto text = read_host_file(sysroot / "proc/self/mountinfo");
  if (!text) return mounts;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto left = host_fields(line.substr(0, dash));
    const auto right = host_fields(line.substr(dash + 3));
    // A mount of only a part of the tree does not show paths as /proc/PID/cgroup has them.
    if (left.size() < 5 || right.size() < 3 || left[3] != "/") continue;
    const fs::path where = sysroot / fs::path(left[4]).relative_path();
    if (right[0] == "cgroup2" && !mounts.unified) mounts.unified = where;
    if (right[0] == "cgroup" && has_controller(right[2], controller) && !mounts.v1) mounts.v1 = where;
  }
  return mounts;
}

bool tells_about_instance(const std::optional<std::string>& path, const std::optional<std::string>& own) {
  if (!path || *path == "/" || path->find("/..") != std::string::npos) return false;
  return !own || !cgroup_is_within(*own, *path);
}

}  // namespace

bool cgroup_is_within(const std::string& path, const std::string& ancestor) {
  if (ancestor == "/") return true;
  return path == ancestor || path.starts_with(ancestor + "/");
}

std::vector<Cgroup> instance_cgroups(pid_t pid, std::string_view controller, const fs::path& sysroot) {
  const CgroupPaths paths = cgroup_paths(std::to_string(pid), controller, sysroot);
  const CgroupPaths own = cgroup_paths("self", controller, sysroot);
  const CgroupMounts mounts = cgroup_mounts(controller, sysroot);
  std::vector<Cgroup> found;
  if (mounts.v1 && tells_about_instance(paths.v1, own.v1)) {
    found.push_back({*mounts.v1 / fs::path(*paths.v1).relative_path(), 1});
  }
  if (mounts.unified && tells_about_instance(paths.unified, own.unified)) {
    found.push_back({*mounts.unified / fs::path(*paths.unified).relative_path(), 2});
  }
  return found;
}

std::vector<Cgroup> own_cgroups(std::string_view controller, const fs::path& sysroot) {
  const CgroupPaths own = cgroup_paths("self", controller, sysroot);
  const CgroupMounts mounts = cgroup_mounts(controller, sysroot);
  std::vector<Cgroup> found;
  const auto climb = [&found](const std::optional<fs::path>& mount, const std::optional<std::string>& path,
                              int version) {
    if (!mount || !path) return;
    for (fs::path at = fs::path(*path).relative_path(); !at.empty(); at = at.parent_path()) {
      found.push_back({*mount / at, version});
    }
  };
  climb(mounts.v1, own.v1, 1);
  climb(mounts.unified, own.unified, 2);
  return found;
}

}  // namespace bench
