#include "scenarios/startup.h"

#include <utility>

namespace bench {
namespace {

constexpr Seconds kAboutTimeout{10};

void run_startup(Trial& trial) {
  const TimePoint begin = Clock::now();
  StartedInstance started = trial.start();
  const StartTimes& times = started.times;

  // Everything below happens after ready: it does not touch the figure.
  const About about = ask_about(started.endpoint, kAboutTimeout);
  Target& target = trial.target();
  if (target.info.equivalence == Equivalence{}) target.info.equivalence = about.equivalence;

  const TimePoint stopping = Clock::now();
  started.instance.stop(trial.rules().stop_grace);
  const TimePoint stopped = Clock::now();
  trial.set_busy(Seconds(stopped - begin));
  started.instance.remove();

  trial.record("startup.create", "seconds", times.create);
  trial.record("startup.launch", "seconds", times.launch);
  trial.record("startup.firmware", "seconds", times.firmware);
  trial.record("startup.kernel", "seconds", times.kernel);
  trial.record("startup.init", "seconds", times.init);
  trial.record("startup.runtime", "seconds", times.runtime);
  trial.record("startup.app", "seconds", times.app);
  trial.record("startup.ready", "seconds", times.ready, times.resolution);
  trial.record("startup.cpu", "seconds", times.cpu, times.cpu_resolution);
  trial.record("startup.stop", "seconds", Seconds(stopped - stopping).count());
  if (times.probe_waited > 0) {
    trial.record("harness.probe_load", "ratio", times.probe_cpu / times.probe_waited);
  }
  // A container's app reads the very clock that the harness reads, so how long its word took to arrive is
  // known.
  const auto app = started.console->at(Mark::kApp);
  if (target.info.kind == "container" && about.app_monotonic && app) {
    trial.record("harness.mark_lag", "seconds",
                 Seconds(app->time_since_epoch()).count() - *about.app_monotonic);
  }
}

}  // namespace

ScenarioRow startup_scenario() {
  return {
      "startup",
      "time from the first engine call to the app's first verified answer, by phase; and the stop",
      {{"startup.create", "seconds", "the engine has created the instance (since t0)"},
       {"startup.launch", "seconds", "the engine's start call has returned (since t0)"},
       {"startup.firmware", "seconds", "the kernel or boot loader speaks (VM; since t0)"},
       {"startup.kernel", "seconds", "user space's first process runs (VM; since t0)"},
       {"startup.init", "seconds", "init is about to start the app (VM; since t0)"},
       {"startup.runtime", "seconds", "the app's code begins to run (since t0)"},
       {"startup.app", "seconds", "the app listens (since t0)"},
       {"startup.ready", "seconds", "the first verified HTTP 200 is complete (since t0)"},
       {"startup.cpu", "seconds", "CPU time that the host spent up to ready, engine included"},
       {"startup.stop", "seconds", "from the stop request until the instance has ended"},
       {"harness.probe_load", "ratio", "CPU time of the readiness probe per second of waiting"},
       {"harness.mark_lag", "seconds", "how long the app's word that it listens took to arrive (container)"}},
      "startup.ready",
      &run_startup};
}

}  // namespace bench
