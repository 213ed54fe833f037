#include "bench/history/hosts.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

#include "bench/history/digest.h"

namespace bench {
namespace {

/// What the kernel keeps for itself changes with its version, so memory counts in whole GiB.
std::string whole_gib(const Fact& fact) {
  const auto* bytes = std::get_if<std::int64_t>(&fact);
  return bytes == nullptr ? "?" : fmt::format("{:.0f}", std::round(static_cast<double>(*bytes) / (1 << 30)));
}

}  // namespace

RunHost host_of(const Environment& environment) {
  const auto fact = [&](const char* name) {
    const auto found = environment.fingerprint.find(name);
    return found == environment.fingerprint.end() ? Fact() : found->second;
  };
  const auto word = [&](const char* name) {
    const Fact value = fact(name);
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? "?" : *text;
  };
  const Fact cores = fact("cores");
  const auto* count = std::get_if<std::int64_t>(&cores);
  const std::string machine = fmt::format("{}\n{}\n{}\n{}", word("arch"), word("cpu_model"),
                                          count == nullptr ? -1 : *count, whole_gib(fact("memory_bytes")));
  RunHost host;
  host.machine = fmt::format("{:016x}", digest_of(machine));
  if (environment.host) {
    host.id = environment.host->id;
    host.name = environment.host->name;
  }
  return host;
}

bool counts_as(const RunHost& run, const RunHost& host, bool other_hosts) {
  if (!run.id.empty()) return run.id == host.id;
  return run.machine == host.machine && (host.id.empty() || !other_hosts);
}

std::string host_words(const RunHost& host) {
  if (!host.name.empty()) return host.name;
  return host.id.empty() ? "a host that is not named" : "host " + host.id;
}

}  // namespace bench
