#include "bench/commands/run_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/app/any_image.h"
#include "bench/app/values.h"

namespace bench {

void add_image_options(CLI::App& command, TargetOptions& options) {
  command.add_option("--app", options.app,
                     "another Flask backend directory in place of the bundled one (app.py, requirements.txt, "
                     "its Dockerfile if any)");
  command
      .add_option("--base", options.base,
                  "'distribution' (packages of this machine's distribution), or an image "
                  "reference in a reachable registry, such as python:3.10-slim-bullseye")
      ->capture_default_str();
  command
      .add_option(
          "--image", options.image,
          "any Linux image as it is, in place of an app: NAME[:TAG] of Docker, containers-storage:NAME of "
          "Podman, docker-archive:FILE, oci-archive:FILE, oci:DIR[:TAG]")
      ->excludes("--app");
  command.add_option("--build", options.build.dir,
                     "a directory with a Dockerfile: the app as its author builds it, measured like --image");
  command.add_option("--dockerfile", options.build.dockerfile,
                     "with --build: the file, from here or from that directory; default: Dockerfile there");
  command
      .add_option("--build-arg", options.build.arguments,
                  "with --build: NAME=VALUE for an ARG of the Dockerfile; may be repeated")
      ->expected(1)
      ->take_all();
  command.add_option("--target", options.build.target, "with --build: the stage; default: the last one");
  command
      .add_option("--builder", options.build.builder,
                  fmt::format("with --build: what builds, one of {}; the first that is there",
                              fmt::join(builder_words(), ", ")))
      ->capture_default_str();
  command.add_option("--pull", options.pull, "with --image NAME: when Docker fetches it from its registry")
      ->check(one_of(word_list<Pull>()), fmt::format("{{{}}}", fmt::join(word_list<Pull>(), ",")))
      ->capture_default_str();
  command
      .add_option("--port", options.port,
                  "with --image or --build: where its app listens; default: the port that the image exposes")
      ->check(CLI::Range(1, 65535));
  command
      .add_option(
          "--kernel", options.kernel,
          "with --image or --build, of a VM that boots directly: 'distribution' (its kernel for VMs), 'host' "
          "(this host's own) or a kernel's file")
      ->capture_default_str();
  command.add_option(
      "--modules", options.modules,
      "with --kernel FILE: the directory with that kernel's modules, such as /lib/modules/6.1.0");
}

void add_target_options(CLI::App& command, TargetOptions& options) {
  command
      .add_option_function<std::vector<std::string>>(
          "--targets",
          [&options](const std::vector<std::string>& texts) { options.targets = split_targets(texts); },
          "what to compare, with commas; default: one container engine and one VM profile that are "
          "built (`bench list targets`); for `all` every target. A target named twice is measured against "
          "itself; TARGET?KEY=VALUE&KEY=VALUE sets its parameters, TARGET@DIR is that target with the app of "
          "DIR.")
      ->expected(1)
      ->take_all();
  add_image_options(command, options);
  command.add_option("--cpus", options.cpus, "CPUs of every instance")
      ->check(CLI::Range(1, 512))
      ->capture_default_str();
  command.add_option("--memory", options.memory, "memory of every instance")->capture_default_str();
  command
      .add_option("--accel", options.accel,
                  "acceleration of VMs: auto proves by booting a guest whether KVM works here")
      ->check(one_of(word_list<AccelerationWish>()),
              fmt::format("{{{}}}", fmt::join(word_list<AccelerationWish>(), ",")))
      ->capture_default_str();
  command.add_option("--connect", options.connect,
                     "libvirt URI; default: LIBVIRT_DEFAULT_URI, a daemon that works, or an "
                     "embedded driver of our own");
}

void add_run_options(CLI::App& command, RunOptions& options) {
  command
      .add_option("scenario", options.scenarios,
                  "what to measure: scenarios (`bench list scenarios`), or all")
      ->take_all();
  command.add_option("--config", options.config,
                     "a TOML file with these settings, for scheduled jobs; options given here win");
  command.add_flag("--no-export", options.no_export,
                   "with --config: neither write its exports nor remove what its retention no longer keeps");
  command.add_flag("--print-config", options.print_config,
                   "print the settings that count, and measure nothing");
  add_target_options(command, options.target);
  command
      .add_option(
          "--env", options.env,
          "a variable of the app's environment, the same on every target: NAME=VALUE, or NAME for the "
          "value that it has here, which no list of processes shows; may be repeated")
      ->expected(1)
      ->take_all();
  command
      .add_option(
          "--env-file", options.env_files,
          "a file of such variables, one a line, as `docker run --env-file` reads it; may be repeated; "
          "--env wins")
      ->expected(1)
      ->take_all();
  command
      .add_option("--rounds", options.rounds,
                  "rounds, each with every target once in random order; at least 10 for a verdict; default: "
                  "20, or 10 for `all`")
      ->check(CLI::Range(1, 100000));
  command.add_option("--warmup", options.warmup, "rounds before that which are stored but not counted")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command.add_option("--budget", options.budget, "begin no further round after this time, such as 10m");
  command.add_flag("--all-rounds", options.all_rounds,
                   "run every round, also when after 10 or more the ratio is known to ±5 %");
  command.add_option("--seed", options.seed, "of the order of trials; default: random, and stored")
      ->check(not_negative);
  command.add_option("--timeout", options.timeout,
                     "to be ready, such as 60s; default: 30s for a container, 3m for a VM");
  command.add_option(
      "--ready-path", options.ready_path,
      "the path whose first 200 means ready; default: /api/activities/home, and / with --image or --build");
  command
      .add_option("--ready-status", options.ready_status,
                  "the status of the answer that means ready; default: 200")
      ->check(CLI::Range(100, 599));
  command.add_option("--baseline", options.baseline,
                     "the target that the others are held against; default: the first container");
  command.add_option("--claims", options.claims,
                     "a file of claims to judge beside the built-in ones (docs/claims.md); may be repeated");
  command.add_option("--out", options.out,
                     "where the run is stored; default: results/<UTC time>-<scenarios>");
  command.add_flag("--json", options.json, "the run's JSON on stdout, nothing else there");
}

}  // namespace bench
