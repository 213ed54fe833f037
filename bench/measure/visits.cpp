#include "bench/measure/visits.h"

#include <fmt/format.h>

#include <utility>

#include "bench/measure/start_report.h"

namespace bench {
namespace {

constexpr int kFailuresInARow = 3;  // then a target is not worth its time-outs any more
constexpr Seconds kAboutTimeout{10};
constexpr const char* kAfterReady = "after ready";

Failure failure_of(const std::string& scenario, const Trial& trial, const Target& target, std::string phase,
                   std::string message, std::optional<double> censored_at = std::nullopt) {
  const TrialPlace place = trial.place();
  return {scenario,         target.info.name,   place.round, place.warmup,
          std::move(phase), std::move(message), censored_at};
}

/// The error behind the exception that is being handled, with its code. An app may answer with its variables.
Error current_error(const Target& target) {
  try {
    throw;
  } catch (const Error& error) {
    return {error.code(), without_values(error.what(), target.env), error.remedy()};
  } catch (const std::exception& error) {
    return {ErrorCode::kEngine, without_values(error.what(), target.env)};
  }
}

About about(const Target& target, const StartedInstance& started) {
  About says;
  if (target.instrumented()) {
    says = ask_about(started.endpoint, kAboutTimeout);
  } else {
    // What a container's engine gives was asked before; a guest's init says it itself.
    says.equivalence = target.info.traits.own_kernel() ? read_start_report(started.console->start_line())
                                                       : target.started_as;
  }
  if (const std::string& rootfs = target.info.source.rootfs_sha256; !rootfs.empty()) {
    says.equivalence.rootfs_sha256 = rootfs;
  }
  return says;
}

void take_trial(const Trial& trial, Visit& visit) {
  visit.samples = trial.samples();
  visit.notes = trial.notes();
  visit.warnings = trial.warnings();
}

}  // namespace

Visits::Visits(const Plan& plan, std::function<void(const std::string&)> progress, std::stop_token stop)
    : plan_(plan),
      host_{plan.rules, [this](const Target& target) { return next_spec(target); }, std::move(progress),
            std::move(stop)} {}

InstanceSpec Visits::next_spec(const Target& target) {
  InstanceSpec spec;
  spec.name = fmt::format("bench-{}-{}", plan_.owner.pid, ++instances_);
  spec.owner = plan_.owner;
  // An app that is not instrumented gives no nonce back, and its environment is its own.
  if (target.instrumented()) spec.nonce = make_nonce();
  spec.cpus = target.info.cpus;
  spec.memory_bytes = target.info.memory_bytes;
  spec.profile = target.info.profile;
  spec.env = target.env;
  spec.limits = target.limits;
  return spec;
}

Visit Visits::in_round(const Target& target, TrialPlace place) {
  Visit visit;
  visit.target = target.info.name;
  Trial trial(host_, target, place);
  const TimePoint began = Clock::now();
  const auto fail_all = [&](const std::string& phase, const Error& error,
                            std::optional<double> censored_at = std::nullopt) {
    visit.samples.clear();
    visit.failures.clear();
    for (const ScenarioRow* row : plan_.scenarios) {
      if (row->observe == nullptr) continue;
      visit.failures.push_back(failure_of(row->name, trial, target, phase, error.what(), censored_at));
    }
    judge(target, error, visit);
  };
  try {
    StartedInstance started = trial.start();
    trial.set_about(about(target, started));
    visit.equivalence = trial.about().equivalence;
    const std::optional<Error> problem = observe(trial, started, visit);
    end(trial, started, visit);
    take_trial(trial, visit);
    if (problem) judge(target, *problem, visit);
  } catch (const StartError& error) {
    fail_all(error.failure().phase, error, error.failure().censored_at);
  } catch (const std::exception&) {
    const Error error = current_error(target);
    if (error.code() == ErrorCode::kInterrupted) return {};
    fail_all(kAfterReady, error);
  }
  visit.busy = Seconds(Clock::now() - began);
  count(target, visit);
  return visit;
}

// A scenario that fails here has no sample of this trial; the others' stay. Returns the last failure's cause.
std::optional<Error> Visits::observe(Trial& trial, StartedInstance& started, Visit& visit) {
  std::optional<Error> problem;
  for (const ScenarioRow* row : plan_.scenarios) {
    if (row->observe == nullptr) continue;
    trial.turn(*row);
    const std::size_t before = trial.samples().size();
    try {
      row->observe(trial, started);
    } catch (const std::exception&) {
      const Error error = current_error(trial.target());
      if (error.code() == ErrorCode::kInterrupted) throw;
      trial.forget_since(before);
      visit.failures.push_back(failure_of(row->name, trial, trial.target(), kAfterReady, error.what()));
      problem = error;
    }
  }
  return problem;
}

void Visits::end(Trial& trial, StartedInstance& started, Visit& visit) {
  const TimePoint stopping = Clock::now();
  started.instance.stop(host_.rules.stop_grace);
  const Seconds took(Clock::now() - stopping);
  started.instance.remove();
  // After a failure the instance may have been dead already: how long its end took says nothing then.
  if (!visit.failures.empty()) return;
  for (const ScenarioRow* row : plan_.scenarios) {
    if (row->ended == nullptr) continue;
    trial.turn(*row);
    row->ended(trial, started, took);
  }
}

Visit Visits::outside(const ScenarioRow& scenario, const Target& target, void (*hook)(Trial&),
                      const char* phase) {
  Visit visit;
  Trial trial(host_, target, {});
  trial.turn(scenario);
  const TimePoint began = Clock::now();
  try {
    hook(trial);
  } catch (const std::exception&) {
    const Error error = current_error(target);
    if (error.code() == ErrorCode::kInterrupted) return {};
    visit.failures.push_back(failure_of(scenario.name, trial, target, phase, error.what()));
  }
  take_trial(trial, visit);  // points that were measured before a failure are true all the same
  visit.busy = Seconds(Clock::now() - began);
  return visit;
}

void Visits::count(const Target& target, Visit& visit) {
  Streak& streak = streaks_[target.info.name];
  if (!visit.samples.empty()) {
    streak = {streak.successes + 1, 0};
  } else if (!visit.failures.empty()) {
    ++streak.failures;
  }
}

// One trial may fail by itself. The run ends when more trials could only fail in the same way: the engine
// is gone, the target never worked, or it has stopped working.
void Visits::judge(const Target& target, const Error& error, Visit& visit) const {
  if (visit.fatal) return;
  try {
    target.driver->info(target.info.profile);
  } catch (const Error& gone) {
    visit.fatal = std::make_exception_ptr(gone);
    return;
  }
  if (!visit.samples.empty() || visit.failures.empty()) return;
  const auto found = streaks_.find(target.info.name);
  const Streak streak = found == streaks_.end() ? Streak{} : found->second;
  if (streak.successes == 0) {
    visit.fatal = std::make_exception_ptr(error);
  } else if (streak.failures + 1 >= kFailuresInARow) {
    visit.fatal =
        std::make_exception_ptr(Error(error.code(),
                                      fmt::format("{} starts of {} in a row failed, the last one so: {}",
                                                  kFailuresInARow, target.info.name, error.what()),
                                      error.remedy()));
  }
}

}  // namespace bench
