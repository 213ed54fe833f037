#include "drivers/docker/info.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>

namespace bench {

namespace {

using nlohmann::json;

Fact text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string() || found->get<std::string>().empty()) return {};
  return found->get<std::string>();
}

std::string component_version(const json& version, const std::string& name) {
  for (const auto& component : version.value("Components", json::array())) {
    if (component.value("Name", "") == name) return component.value("Version", "");
  }
  return {};
}

Fact known(const std::string& value) {
  if (value.empty()) return {};
  return value;
}

void warn_if_in_vm(const json& info, std::vector<Warning>& warnings) {
  utsname host{};
  const std::string here = uname(&host) == 0 ? host.release : "";
  const std::string there = info.value("KernelVersion", "");
  const std::string system = info.value("OperatingSystem", "");
  const bool desktop = system.find("Docker Desktop") != std::string::npos;
  if (!desktop && (here.empty() || there.empty() || here == there)) return;
  warnings.push_back(
      {fmt::format(
           "the Docker engine runs inside a VM ({}, kernel {}; this host: {}): its containers are not "
           "containers on this host",
           system.empty() ? "unknown system" : system, there, here),
       "use a Docker engine that runs on this host itself (package docker.io)"});
}

bool is_rootless(const json& info) {
  for (const auto& option : info.value("SecurityOptions", json::array())) {
    if (option.is_string() && option.get<std::string>().starts_with("name=rootless")) return true;
  }
  return false;
}

void warn_of_missing_limits(const json& info, std::vector<Warning>& warnings) {
  // The kernel may have what a user's daemon is not given.
  const bool rootless = is_rootless(info);
  for (const auto& [key, what] : {std::pair{"MemoryLimit", "memory"}, std::pair{"SwapLimit", "swap"},
                                  std::pair{"CpuCfsQuota", "CPU"}}) {
    if (info.value(key, true)) continue;
    warnings.push_back(
        {fmt::format(
             "{} no {} limit: the container may use more than the VM",
             rootless ? "this rootless Docker was delegated no cgroups and has" : "this kernel gives Docker",
             what),
         rootless ? "boot with cgroup v2 and delegate the controllers to the user (systemd: "
                    "Delegate=cpu memory pids in user@.service)"
                  : "enable the cgroup controllers (kernel option cgroup_enable=memory swapaccount=1)"});
  }
}

}  // namespace

bool keeps_images_in_containerd(const json& info) {
  const auto rows = info.find("DriverStatus");
  if (rows == info.end() || !rows->is_array()) return false;
  return std::any_of(rows->begin(), rows->end(), [](const json& row) {
    return row.is_array() && row.size() == 2 && row[0] == "driver-type" &&
           row[1] == "io.containerd.snapshotter.v1";
  });
}

DriverInfo docker_info(const DockerEngine& engine, bool is_private) {
  const json& version = engine.version();
  const json info = engine.get("/info");
  DriverInfo result;
  result.traits = container_traits();
  const std::string podman = component_version(version, "Podman Engine");
  result.engine_name = podman.empty() ? "Docker" : "Podman";
  result.engine_version = podman.empty() ? version.value("Version", "") : podman;
  result.engine = {
      {"api", engine.api()},
      {"socket", engine.socket().string()},
      {"private", is_private},
      {"storage_driver", text(info, "Driver")},
      {"runtime", text(info, "DefaultRuntime")},
      {"runtime_version", known(component_version(version, "runc"))},
      {"containerd_version", known(component_version(version, "containerd"))},
      {"cgroup_version", text(info, "CgroupVersion")},
      {"cgroup_driver", text(info, "CgroupDriver")},
      {"os", text(info, "OperatingSystem")},
      {"kernel", text(info, "KernelVersion")},
      {"log_driver", "json-file"},
  };
  // A private daemon publishes ports through its proxy alone and leaves the host's firewall as it is.
  if (is_private) result.engine["firewall_rules"] = false;
  // Only where it is so: what older runs say of their engines stays comparable.
  if (keeps_images_in_containerd(info)) result.engine["image_store"] = "containerd";
  if (is_rootless(info)) {
    result.engine["rootless"] = true;
    result.warnings.push_back(
        {"the Docker engine is rootless: its published ports go through rootlesskit, its network and its "
         "file "
         "system may be others than those of root's Docker, and limits hold only in delegated cgroups",
         "compare it with rootless engines only; for what root's Docker costs set "
         "DOCKER_HOST=unix:///var/run/docker.sock"});
  }
  warn_if_in_vm(info, result.warnings);
  warn_of_missing_limits(info, result.warnings);
  return result;
}

}  // namespace bench
