#include "support/sample_run.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace bench::test {
namespace {

constexpr double kPi = 3.14159265358979323846;

struct Phase {
  const char* name;
  double seconds;  ///< its usual duration
};

struct Shape {
  const char* target;
  std::vector<Phase> phases;  ///< the last one ends in ready
  double cpu, stop, resolution;
};

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"docker",
       {{"create", 0.042}, {"launch", 0.236}, {"runtime", 0.061}, {"app", 0.262}, {"ready", 0.009}},
       0.71,
       0.32,
       0.001},
      {"libvirt:direct",
       {{"create", 0.018},
        {"launch", 0.521},
        {"firmware", 0.334},
        {"kernel", 3.42},
        {"init", 0.391},
        {"runtime", 1.93},
        {"app", 4.71},
        {"ready", 0.083}},
       11.9,
       0.21,
       0.004},
      {"libvirt:full",
       {{"create", 0.019},
        {"launch", 0.534},
        {"firmware", 4.81},
        {"kernel", 6.92},
        {"init", 16.2},
        {"runtime", 2.11},
        {"app", 4.93},
        {"ready", 0.091}},
       37.4,
       2.41,
       0.004}};
  return all;
}

/// One trial of `shape`: every mark, CPU seconds and stop time.
void add_trial(Run& run, const Shape& shape, int round, int position, bool warmup, Noise& noise) {
  const auto add = [&](const std::string& metric, double value, std::optional<double> resolution = {}) {
    run.samples.push_back(
        {"startup", shape.target, metric, Unit::kSeconds, value, round, position, warmup, resolution});
  };
  // A trial is slow or fast as a whole (the machine's state), and each phase on its own a little.
  const double machine = std::exp(0.03 * noise.normal()) * (warmup ? 1.25 : 1);
  double at = 0;
  for (const Phase& phase : shape.phases) {
    at += phase.seconds * machine * std::exp(0.03 * noise.normal());
    const std::string name = phase.name;
    add("startup." + name, std::round(at * 1e6) / 1e6,
        name == "ready" ? std::optional(shape.resolution) : std::nullopt);
  }
  add("startup.cpu", std::round(shape.cpu * machine * 100) / 100, 0.01);
  add("startup.stop", std::round(shape.stop * std::exp(0.05 * noise.normal()) * 1e6) / 1e6);
}

TargetInfo docker() {
  TargetInfo info;
  info.name = info.driver = "docker";
  info.kind = Kind::kContainer;
  info.traits = traits_of_old_run(info.kind, info.acceleration, "");
  info.engine_name = "Docker Engine";
  info.engine_version = "20.10.24+dfsg1";
  info.engine = {{"api", std::string("1.41")},
                 {"storage", std::string("overlay2")},
                 {"runtime", std::string("runc 1.1.5")},
                 {"private", true}};
  info.cpus = 1;
  info.memory_bytes = 512LL << 20;
  info.image = {
      {"digest", std::string("sha256:5f1c09d1a6a1c2b7e0cbb5a31fd2b6c9a8a5c9d0a4f3e2d1c0b9a8f7e6d5c4b3")},
      {"reference", std::string("bench/backend:7d1f0c2a")},
      {"layers", std::int64_t{3}}};
  info.equivalence = {"9b2f6cf4d09e6f0a9a1e3c2b5d4f7788aabbccddeeff00112233445566778899",
                      "3.11.2",
                      "2.2.2",
                      "6.1.0-18-cloud-amd64",
                      1,
                      512LL << 20};
  return info;
}

TargetInfo vm(const std::string& profile) {
  TargetInfo info = docker();
  info.name = "libvirt:" + profile;
  info.driver = "libvirt";
  info.kind = Kind::kVm;
  info.profile = profile;
  info.engine_name = "libvirt";
  info.engine_version = "9.0.0";
  info.engine = {
      {"qemu", std::string("7.2.9")}, {"uri", std::string("qemu:///embed")}, {"machine", std::string("q35")}};
  info.acceleration = Acceleration::kTcg;
  info.traits = traits_of_old_run(info.kind, info.acceleration, profile);
  info.image = {
      {"digest", std::string("sha256:c0ffee00c2b7e0cbb5a31fd2b6c9a8a5c9d0a4f3e2d1c0b9a8f7e6d5c4b3a291")},
      {"layers", std::monostate{}}};
  info.equivalence.kernel = "6.1.0-21-cloud-amd64";
  info.equivalence.memory_bytes = 481LL << 20;
  return info;
}

void remove_target(Run& run, const std::string& name) {
  std::erase_if(run.targets, [&](const TargetInfo& info) { return info.name == name; });
  std::erase_if(run.samples, [&](const Sample& sample) { return sample.target == name; });
}

void remove_trial(Run& run, const std::string& target, int round, bool warmup = false) {
  std::erase_if(run.samples, [&](const Sample& sample) {
    return sample.target == target && sample.round == round && sample.warmup == warmup;
  });
}

}  // namespace

double Noise::uniform() {
  return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53;
}

double Noise::normal() {
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * kPi * uniform());
}

Run sample_run(int rounds) {
  Run run;
  run.run_id = "20260214T101500Z-startup-4f2a";
  run.suite_version = "0.1.0";
  run.suite_commit = "ce2c321d5a7b";
  run.command = {"bench", "run", "startup", "--rounds", std::to_string(rounds)};
  run.seed = 20260214;
  run.started_at = "2026-02-14T10:15:00Z";
  run.finished_at = "2026-02-14T10:27:41Z";
  run.status = RunStatus::kComplete;
  run.stopped_by = "rounds";
  run.rounds = rounds;
  run.warmup_rounds = 1;
  run.conditions = {
      {"cache", std::string("warm")}, {"probe_period_seconds", 0.002}, {"ready_timeout_seconds", 120.0}};
  run.environment.fingerprint = {{"arch", std::string("x86_64")},
                                 {"cpu_model", std::string("AMD EPYC 7B13")},
                                 {"cores", std::int64_t{2}},
                                 {"smt", true},
                                 {"memory_bytes", std::int64_t{25'216'794'624}},
                                 {"kernel", std::string("6.1.0-18-cloud-amd64")},
                                 {"virtualisation", std::string("kvm")},
                                 {"governor", std::monostate{}},
                                 {"thp", std::string("madvise")}};
  run.environment.volatile_ = {
      {"load_1m", 0.42}, {"steal_percent", 0.0}, {"memory_free_bytes", std::int64_t{22'548'578'304}}};
  run.environment.warnings = {
      {"KVM is there but no guest boots under it: VMs are emulated (TCG)",
       "run on a host with working hardware virtualisation for VM figures"},
      {"load average 0.42 before the first round on 2 cores", "stop other work, then run again"}};
  run.targets = {docker(), vm("direct"), vm("full")};

  Noise noise(7);
  std::vector<std::size_t> order = {0, 1, 2};
  for (int round = -1; round < rounds; ++round) {
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[static_cast<std::size_t>(noise.uniform() * static_cast<double>(i))]);
    }
    for (std::size_t position = 0; position < order.size(); ++position) {
      add_trial(run, shapes()[order[position]], std::max(round, 0), static_cast<int>(position), round < 0,
                noise);
    }
  }
  for (const Sample& sample : run.samples) {
    if (sample.metric == "startup.ready" || sample.metric == "startup.stop") {
      run.trials_seconds += sample.value;
    }
  }
  run.trials_seconds = std::round(run.trials_seconds * 1e3) / 1e3;
  run.wall_seconds = std::round(run.trials_seconds * 1.06 * 1e3) / 1e3;
  return run;
}

Run kvm_run() {
  Run run = sample_run(20);
  remove_target(run, "libvirt:full");
  run.targets[1].acceleration = Acceleration::kKvm;
  run.environment.warnings.clear();
  for (Sample& sample : run.samples) {
    if (sample.target == "libvirt:direct" && sample.metric != "startup.stop") {
      sample.value = std::round(sample.value * 0.14 * 1e6) / 1e6;
    }
  }
  return run;
}

Run run_with_failures() {
  Run run = sample_run();
  remove_trial(run, "libvirt:full", 3);
  remove_trial(run, "libvirt:full", 8);
  remove_trial(run, "docker", 0, true);
  run.failures = {{"startup",
                   "docker",
                   0,
                   true,
                   "launch",
                   "POST /containers/bench-1/start: 500: driver failed programming external connectivity",
                   {}},
                  {"startup", "libvirt:full", 3, false, "init", "not ready within 120 s", 120.0},
                  {"startup",
                   "libvirt:full",
                   8,
                   false,
                   "runtime",
                   "the instance died while it was waited for: crashed\nlast lines of its console:\n[    "
                   "4.2] Kernel panic - not syncing: VFS | <unable>",
                   {}}};
  return run;
}

Run dead_target_run() {
  Run run = sample_run();
  remove_target(run, "libvirt:full");
  std::erase_if(run.samples, [](const Sample& sample) { return sample.target == "libvirt:direct"; });
  for (int round = 0; round < 10; ++round) {
    run.failures.push_back(
        {"startup", "libvirt:direct", round, false, "kernel", "not ready within 30 s", 30.0});
  }
  return run;
}

Run one_target_run() {
  Run run = sample_run();
  remove_target(run, "libvirt:direct");
  remove_target(run, "libvirt:full");
  run.environment.warnings.clear();
  return run;
}

Run interrupted_run() {
  Run run = sample_run();
  std::erase_if(run.samples, [](const Sample& sample) { return !sample.warmup && sample.round >= 4; });
  run.status = RunStatus::kInterrupted;
  run.stopped_by = "signal";
  return run;
}

Run single_round_run() {
  Run run = sample_run(1);
  return run;
}

Run mismatched_run() {
  Run run = sample_run();
  remove_target(run, "libvirt:full");
  run.targets[1].acceleration = Acceleration::kKvm;
  run.targets[1].equivalence.python = "3.12.3";
  return run;
}

Run unmarked_run() {
  Run run = sample_run();
  remove_target(run, "libvirt:full");
  for (TargetInfo& target : run.targets) {
    target.equivalence = {};
  }
  std::erase_if(run.samples, [](const Sample& sample) {
    return sample.metric == "startup.runtime" || sample.metric == "startup.app";
  });
  for (Sample& sample : run.samples) {
    if (sample.target == "libvirt:direct" && sample.metric == "startup.firmware") {
      sample.value = 0.001;  // before the start call returned
    }
  }
  return run;
}

Run empty_run() {
  Run run = sample_run();
  run.samples.clear();
  run.status = RunStatus::kFailed;
  run.stopped_by = "error";
  run.finished_at.clear();
  run.wall_seconds = run.trials_seconds = 0;
  return run;
}

}  // namespace bench::test
