#include "bench/commands/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "bench/commands/values.h"
#include "bench/core/error.h"
#include "bench/images/app_files.h"

namespace bench {

void TargetOptions::add_to(CLI::App& command) {
  command.add_option(
      "--targets", targets,
      "what to compare, with commas; default: one container engine and one VM profile that are "
      "built (`bench list targets`); for `all` every target. A target named twice is measured against "
      "itself; TARGET@DIR is that target with the app of DIR.");
  command.add_option("--app", app,
                     "another Flask backend directory in place of the bundled one (app.py, requirements.txt, "
                     "its Dockerfile if any)");
  command
      .add_option("--base", base,
                  "'distribution' (packages of this machine's distribution), or an image "
                  "reference in a reachable registry, such as python:3.10-slim-bullseye")
      ->capture_default_str();
  command.add_option("--cpus", cpus, "CPUs of every instance")
      ->check(CLI::Range(1, 512))
      ->capture_default_str();
  command.add_option("--memory", memory, "memory of every instance")->capture_default_str();
  command
      .add_option("--accel", accel,
                  "acceleration of VMs: auto proves by booting a guest whether KVM works here")
      ->check(one_of({"auto", "kvm", "tcg"}), "{auto,kvm,tcg}")
      ->capture_default_str();
  command.add_option("--connect", connect,
                     "libvirt URI; default: LIBVIRT_DEFAULT_URI, a daemon that works, or an "
                     "embedded driver of our own");
}

OpenRequest TargetOptions::request(bool everything) const {
  OpenRequest request;
  if (!targets.empty()) {
    request.names = parse_targets(targets);
  } else {
    request.names = everything ? all_targets() : default_targets();
  }
  request.cpus = cpus;
  request.memory_bytes = parse_bytes(memory, "--memory");
  constexpr std::int64_t kLeast = 128LL << 20U;
  if (request.memory_bytes < kLeast) {
    const bool no_unit = memory.find_first_not_of("0123456789.") == std::string::npos;
    throw Error(ErrorCode::kUsage,
                fmt::format("--memory {} is too little for a guest with Python{}", memory,
                            no_unit ? ": it has no unit" : ""),
                no_unit ? fmt::format("did you mean --memory {}M?", memory) : "give at least 128M");
  }
  if (const unsigned host = std::thread::hardware_concurrency();
      host != 0 && static_cast<unsigned>(cpus) > host) {
    throw Error(ErrorCode::kUsage, fmt::format("--cpus {} is more than this host has ({})", cpus, host),
                fmt::format("give at most --cpus {}", host));
  }
  if (!app.empty() && !std::filesystem::is_directory(app)) {
    throw Error(ErrorCode::kUsage, fmt::format("--app {} is not a directory", app.string()),
                "name the directory that holds the backend's app.py");
  }
  if (!app.empty()) require_app(app);
  request.images.app = app;
  request.images.base = base;
  request.driver.accel = accel;
  request.driver.connect = connect;
  leave_out_impossible(request, !targets.empty());
  return request;
}

bool RunOptions::everything() const {
  return std::find(scenarios.begin(), scenarios.end(), "all") != scenarios.end();
}

OpenRequest RunOptions::request() const {
  const OpenRequest request = target.request(everything());
  require_apps(request.names);
  return request;
}

void RunOptions::add_to(CLI::App& command) {
  command.add_option("scenario", scenarios, "what to measure: scenarios (`bench list scenarios`), or all")
      ->take_all();
  command.add_option("--config", config,
                     "a TOML file with these settings, for scheduled jobs; options given here win");
  command.add_flag("--no-export", no_export,
                   "with --config: neither write its exports nor remove what its retention no longer keeps");
  command.add_flag("--print-config", print_config, "print the settings that count, and measure nothing");
  target.add_to(command);
  command
      .add_option("--rounds", rounds,
                  "rounds, each with every target once in random order; at least 10 for a verdict; default: "
                  "20, or 10 for `all`")
      ->check(CLI::Range(1, 100000));
  command.add_option("--warmup", warmup, "rounds before that which are stored but not counted")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command.add_option("--budget", budget, "begin no further round after this time, such as 10m");
  command.add_flag("--all-rounds", all_rounds,
                   "run every round, also when after 10 or more the ratio is known to ±5 %");
  command.add_option("--seed", seed, "of the order of trials; default: random, and stored")
      ->check(not_negative);
  command.add_option("--timeout", timeout,
                     "to be ready, such as 60s; default: 30s for a container, 3m for a VM");
  command.add_option("--ready-path", ready_path,
                     "the path whose first 200 means ready; default: /api/activities/home");
  command.add_option("--claims", claims,
                     "a file of claims to judge beside the built-in ones (docs/claims.md); may be repeated");
  command.add_option("--out", out, "where the run is stored; default: results/<UTC time>-<scenarios>");
  command.add_flag("--json", json, "the run's JSON on stdout, nothing else there");
}

}  // namespace bench
