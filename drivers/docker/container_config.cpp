#include "drivers/docker/container_config.h"

#include <fmt/format.h>

namespace bench {
namespace {

using nlohmann::json;

constexpr const char* kLabelRun = "bench.owner.run";
constexpr const char* kLabelPid = "bench.owner.pid";
constexpr const char* kLabelPidStart = "bench.owner.pid_start";

std::int64_t label_number(const json& labels, const char* key) {
  try {
    return std::stoll(labels.value(key, "0"));
  } catch (const std::exception&) {
    return 0;
  }
}

std::vector<std::string> environment_of(const InstanceSpec& spec) {
  std::vector<std::string> settings;
  if (!spec.nonce.empty()) settings.push_back("BENCH_NONCE=" + spec.nonce);
  for (const auto& [name, value] : spec.env) settings.push_back(name + "=" + value);
  return settings;
}

}  // namespace

Ownership owner_of(const json& labels) {
  return {labels.value(kLabelRun, ""), static_cast<pid_t>(label_number(labels, kLabelPid)),
          static_cast<std::uint64_t>(label_number(labels, kLabelPidStart))};
}

json container_config(const std::string& image, int port, const InstanceSpec& spec) {
  const std::string exposed = fmt::format("{}/tcp", port);
  json host{
      {"Init", false},
      {"LogConfig", {{"Type", "json-file"}}},
      // Port 0: the engine chooses one that is free.
      {"PortBindings", {{exposed, json::array({{{"HostIp", "127.0.0.1"}, {"HostPort", "0"}}})}}},
  };
  if (spec.cpus > 0) host["NanoCpus"] = std::int64_t{spec.cpus} * 1'000'000'000;
  if (spec.memory_bytes > 0) {
    host["Memory"] = spec.memory_bytes;
    host["MemorySwap"] = spec.memory_bytes;  // the same: no swap on top
  }
  return {
      {"Image", image},
      {"Env", environment_of(spec)},
      {"Tty", false},
      {"ExposedPorts", {{exposed, json::object()}}},
      {"Labels",
       {{kContainerLabel, "1"},
        {kLabelRun, spec.owner.run_id},
        {kLabelPid, std::to_string(spec.owner.pid)},
        {kLabelPidStart, std::to_string(spec.owner.pid_start)}}},
      {"HostConfig", std::move(host)},
  };
}

}  // namespace bench
