#include "scenarios/startup.h"

namespace bench {
namespace {

void observe_startup(Trial& trial, StartedInstance& started) {
  const StartTimes& times = started.times;
  trial.record("startup.create", "seconds", times.create);
  trial.record("startup.launch", "seconds", times.launch);
  trial.record("startup.firmware", "seconds", times.firmware);
  trial.record("startup.kernel", "seconds", times.kernel);
  trial.record("startup.init", "seconds", times.init);
  trial.record("startup.runtime", "seconds", times.runtime);
  trial.record("startup.app", "seconds", times.app);
  trial.record("startup.ready", "seconds", times.ready, times.resolution);
  trial.record("startup.cpu", "seconds", times.cpu, times.cpu_resolution);
  if (times.probe_waited > 0) {
    trial.record("harness.probe_load", "ratio", times.probe_cpu / times.probe_waited);
  }
  // A container's app reads the very clock that the harness reads, so how long its word took to arrive is
  // known.
  const auto app = started.console->at(Mark::kApp);
  if (trial.target().info.kind == "container" && trial.about().app_monotonic && app) {
    trial.record("harness.mark_lag", "seconds",
                 Seconds(app->time_since_epoch()).count() - *trial.about().app_monotonic);
  }
}

void end_startup(Trial& trial, const StartedInstance& /*started*/, Seconds stop) {
  trial.record("startup.stop", "seconds", stop.count());
}

}  // namespace

ScenarioRow startup_scenario() {
  ScenarioRow row;
  row.name = "startup";
  row.summary = "time from the first engine call to the app's first verified answer, by phase; and the stop";
  row.metrics = {
      {"startup.create", "seconds", "the engine has created the instance (since t0)"},
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
      {"harness.mark_lag", "seconds", "how long the app's word that it listens took to arrive (container)"}};
  row.headline_metric = "startup.ready";
  row.observe = &observe_startup;
  row.ended = &end_startup;
  return row;
}

}  // namespace bench
