#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "bench/core/claims.h"
#include "support/sample_run.h"

namespace bench::test {
namespace {

constexpr const char* kContainer = "docker";
constexpr const char* kDirect = "libvirt:direct";
constexpr const char* kFull = "libvirt:full";

/// A metric's value for docker, libvirt:direct and libvirt:full, in MiB (layers: a count); below 0: it has
/// none.
struct Row {
  const char* metric;
  double container, direct, full;
};

const std::vector<Row>& sizes() {
  static const std::vector<Row> rows = {{"size.transfer", 61.2, 118, 214},
                                        {"size.disk", 190, 402, 702},
                                        {"size.virtual", 204, 1024, 2048},
                                        {"size.unique", 0.031, 0.44, 0.51},
                                        {"size.marginal", 0.033, 0.62, 0.64},
                                        {"size.layers", 3, -1, -1},
                                        {"size.slim.transfer", 41.5, 66.9, 128},
                                        {"size.slim.disk", 131, 72.1, 139},
                                        {"size.part.kernel", -1, 8, 16},
                                        {"size.part.modules", -1, 62, 210},
                                        {"size.part.firmware", -1, -1, 18},
                                        {"size.part.init", -1, 2, 66},
                                        {"size.part.packages", 12, 12, 21},
                                        {"size.part.base", 78, 78, 103},
                                        {"size.part.python", 41, 41, 41},
                                        {"size.part.dependencies", 6.1, 6.1, 6.1},
                                        {"size.part.app", 0.03, 0.03, 0.03},
                                        {"size.part.docs", 49, 49, 66},
                                        {"size.part.filesystem", -1, 139.97, 149.97},
                                        {"size.part.other", 3.87, 3.9, 4.9},
                                        {"size.check.disk_engine", 190.4, -1, -1},
                                        {"size.check.disk_du", -1, 402, 702},
                                        {"size.check.virtual_qemu", -1, 1024, 2130}};
  return rows;
}

const std::vector<Row>& memories() {
  static const std::vector<Row> rows = {{"memory.host_pss", 47.2, 455, 468},
                                        {"memory.part.app", 29, -1, -1},
                                        {"memory.part.shim", 9.1, -1, -1},
                                        {"memory.part.proxy", 9.1, -1, -1},
                                        {"memory.part.vmm", -1, 75, 78},
                                        {"memory.part.guest_ram", -1, 380, 390},
                                        {"memory.host_rss", 86, 471, 484},
                                        {"memory.host_uss", 36, 449, 462},
                                        {"memory.cgroup", 34, -1, -1},
                                        {"memory.cgroup_anon", 23, -1, -1},
                                        {"memory.cgroup_file", 9, -1, -1},
                                        {"memory.cgroup_kernel", 2, -1, -1},
                                        {"memory.vmm_overhead", -1, 75, 78},
                                        {"memory.guest_used", -1, 88, 121},
                                        {"memory.loaded_pss", 48.9, 459, 473},
                                        {"memory.loaded_rss", 88, 475, 489},
                                        {"memory.loaded_uss", 37.5, 453, 467},
                                        {"memory.loaded_cgroup", 36, -1, -1},
                                        {"memory.loaded_guest_used", -1, 90, 123}};
  return rows;
}

std::map<std::string, double> by_target(const Row& row) {
  std::map<std::string, double> values;
  for (const auto& [target, value] :
       {std::pair(kContainer, row.container), {kDirect, row.direct}, {kFull, row.full}}) {
    if (value >= 0) {
      values[target] = value;
    }
  }
  return values;
}

void add_sizes(Run& run) {
  for (const Row& row : sizes()) {
    const bool count = std::string(row.metric) == "size.layers";
    for (const auto& [target, value] : by_target(row)) {
      run.samples.push_back({"size", target, row.metric, count ? Unit::kCount : Unit::kBytes,
                             count ? value : std::round(value * kMiB), 0, 0, false});
    }
  }
  for (const auto& [target, bytes] : by_target({"size.marginal", 0.033, 0.62, 0.64})) {
    for (const double at : {2.0, 3.0}) {
      run.samples.push_back({"size", target, "size.marginal_at", Unit::kBytes, std::round(bytes * kMiB), 0, 0,
                             false, std::nullopt, at});
    }
  }
}

/// Every process a little larger or smaller in each round, so that the parts still add up.
void add_memory(Run& run, int rounds, Noise& noise) {
  for (int round = 0; round < rounds; ++round) {
    const std::map<std::string, double> factor = {{kContainer, std::exp(0.01 * noise.normal())},
                                                  {kDirect, std::exp(0.02 * noise.normal())},
                                                  {kFull, std::exp(0.02 * noise.normal())}};
    for (const Row& row : memories()) {
      int position = 0;
      for (const auto& [target, value] : by_target(row)) {
        run.samples.push_back({"memory", target, row.metric, Unit::kBytes,
                               std::round(value * factor.at(target) * kMiB), round, position++, false});
      }
    }
    for (const char* target : {kContainer, kDirect, kFull}) {
      run.samples.push_back({"memory", target, "harness.settle", Unit::kSeconds, 2.5, round, 0, false});
    }
  }
}

/// Four passes of 0…k instances; each takes `cost` from what is available.
void add_curve(Run& run, Noise& noise) {
  struct Curve {
    const char* target;
    int most;
    double cost;
  };
  for (const auto& [target, most, cost] : {Curve{kContainer, 6, 39}, {kDirect, 4, 452}, {kFull, 4, 497}}) {
    for (int pass = 0; pass < 4; ++pass) {
      for (int n = 0; n <= most; ++n) {
        const double available = 21'500 - 3 * pass - cost * n + 2 * noise.normal();
        run.samples.push_back({"memory", target, "memory.available", Unit::kBytes,
                               std::round(available * kMiB), pass, 0, false, std::nullopt,
                               static_cast<double>(n)});
      }
    }
  }
}

void keep_scenarios(Run& run, const std::string& only) {
  std::erase_if(run.samples, [&](const Sample& sample) { return sample.scenario != only; });
  run.run_id = "20260214T101500Z-" + only;
  run.command = {"bench", "run", only};
}

}  // namespace

Run sample_run_all(int rounds) {
  Run run = sample_run(rounds);
  run.run_id = "20260214T101500Z-all";
  run.command = {"bench", "run", "all"};
  run.claim_definitions = builtin_claims();
  Noise noise(11);
  add_sizes(run);
  add_memory(run, rounds, noise);
  add_curve(run, noise);
  return run;
}

Run size_run() {
  Run run = sample_run_all();
  keep_scenarios(run, "size");
  run.rounds = 1;
  run.warmup_rounds = 0;
  for (TargetInfo& target : run.targets) {
    target.equivalence = {};  // nothing was started
  }
  return run;
}

Run memory_run() {
  Run run = sample_run_all();
  keep_scenarios(run, "memory");
  return run;
}

Run containers_run() {
  Run run = sample_run_all();
  std::erase_if(run.targets, [](const TargetInfo& target) { return target.kind == Kind::kVm; });
  std::erase_if(run.samples, [](const Sample& sample) { return sample.target != kContainer; });
  run.environment.warnings.clear();
  return run;
}

Run all_with_failures() {
  Run run = sample_run_all();
  std::erase_if(run.samples, [](const Sample& sample) {
    return sample.target == kDirect && sample.round == 4 && sample.scenario != "size" && !sample.at;
  });
  for (const char* scenario : {"startup", "memory"}) {
    run.failures.push_back({scenario, kDirect, 4, false, "kernel", "not ready within 180 s", 180.0});
  }
  run.failures.push_back({"size", kFull, 0, false, kBeforeRounds, "qemu-img info: cannot open the disk", {}});
  std::erase_if(run.samples,
                [](const Sample& sample) { return sample.target == kFull && sample.scenario == "size"; });
  return run;
}

}  // namespace bench::test
