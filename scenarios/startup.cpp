#include "scenarios/startup.h"

#include "bench/core/first_metrics.h"

namespace bench {
namespace {

void observe_startup(Trial& trial, StartedInstance& started) {
  const StartTimes& times = started.times;
  trial.record(metric::kCreate, times.create);
  trial.record(metric::kLaunch, times.launch);
  trial.record(metric::kFirmware, times.firmware);
  trial.record(metric::kKernel, times.kernel);
  trial.record(metric::kInit, times.init);
  trial.record(metric::kRuntime, times.runtime);
  trial.record(metric::kApp, times.app);
  trial.record(metric::kReady, times.ready, times.resolution);
  trial.record(metric::kCpu, times.cpu, times.cpu_resolution);
  if (times.probe_waited > 0) {
    trial.record(metric::kProbeLoad, times.probe_cpu / times.probe_waited);
  }
  // On the host's own kernel the app reads the very clock that the harness reads, so how long its word took
  // to arrive is known.
  const auto app = started.console->at(Mark::kApp);
  if (trial.target().info.traits.kernel == KernelOf::kHost && trial.about().app_monotonic && app) {
    trial.record(metric::kMarkLag, Seconds(app->time_since_epoch()).count() - *trial.about().app_monotonic);
  }
}

void end_startup(Trial& trial, const StartedInstance& /*started*/, Seconds stop) {
  const Traits& traits = trial.target().info.traits;
  trial.record(metric::kStop, stop.count(), traits.stop_resolution);
  // It did not end when it was asked to: the figure is the grace, and how long the plug took.
  if (traits.polite_stop && !trial.place().warmup && stop >= trial.rules().stop_grace) {
    trial.note(kStopModeNote, to_text(StopMode::kPulledAfterGrace));
  }
}

}  // namespace

ScenarioRow startup_scenario() {
  ScenarioRow row{startup_spec()};
  row.observe = &observe_startup;
  row.ended = &end_startup;
  return row;
}

}  // namespace bench
