#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "bench/base/error.h"
#include "bench/core/image.h"
#include "bench/core/run.h"
#include "bench/measure/marks.h"
#include "bench/net/probe.h"
#include "drivers/driver.h"
#include "drivers/instance.h"

namespace bench {

/// One of the things that are compared, ready to be started.
struct Target {
  TargetInfo info;  ///< name, kind, profile, limits; the equivalence is filled in by the first trial
  Driver* driver = nullptr;
  std::shared_ptr<const ImageSet> images;
  Artefact artefact = Artefact::kContainerArchive;  ///< that of `images` which the driver starts
  Equivalence started_as;  ///< how the engine starts the image's program, where it was asked beforehand
  std::string limits;      ///< for InstanceSpec
  /// The app answers with its nonce and says what it is.
  [[nodiscard]] bool instrumented() const { return info.source.instrumentation == Instrumentation::kFlask; }
  Variables env{};  ///< of its app; `info.env` has what may be stored of them
};

/// How an instance is waited for and ended.
struct StartRules {
  Seconds container_timeout{30};  ///< t0 to ready
  Seconds vm_timeout{180};
  Seconds container_period{0.010};  ///< between probes until the app says that it listens
  Seconds vm_period{0.025};
  Seconds stop_grace{20};
  std::string ready_path = "/api/activities/home";
  int ready_status = 200;  ///< of the answer that means ready
};

/// Cumulative marks, seconds since t0. Absent: the target has no such phase, or the mark did not arrive.
struct StartTimes {
  double create = 0, launch = 0;
  std::optional<double> firmware, kernel, init, runtime, app;
  double ready = 0;
  double resolution = 0;      ///< of ready
  std::optional<double> cpu;  ///< CPU seconds that the host spent on this start up to ready
  std::optional<double> cpu_resolution;
  double probe_cpu = 0;     ///< CPU seconds that the probe itself took, not in `cpu`
  double probe_waited = 0;  ///< wall seconds that the probe was at work
};

/// A start that did not reach ready: which phase it was in, and whether time ran out (censored) or it failed.
struct StartFailure {
  std::string phase;
  std::string message;
  std::optional<double> censored_at;
};

/// An instance that answers, and how it got there.
struct StartedInstance {
  Instance instance;
  std::shared_ptr<ConsoleMarks> console;
  StartTimes times;
  Endpoint endpoint;
};

/// The one stopwatch: creates an instance of `target`, starts it and waits until it is ready. t0 is read
/// right before the first engine call. Throws StartError (below) when it does not become ready,
/// Error{kInterrupted} when the stop token fires; in both cases nothing of the instance is left.
StartedInstance start_and_wait(const Target& target, const InstanceSpec& spec, const StartRules& rules,
                               const std::stop_token& stop);

/// Carries a StartFailure through the exception path.
class StartError : public Error {
 public:
  StartError(ErrorCode code, StartFailure failure, std::string remedy = {})
      : Error(code, failure.message, std::move(remedy)), failure_(std::move(failure)) {}
  [[nodiscard]] const StartFailure& failure() const noexcept { return failure_; }

 private:
  StartFailure failure_;
};

/// Asks a running instance what it is (/bench/about). Absent fields are unknown.
/// `app_lag`: for instances that share the host's clock, how long after the app's own "I listen" its mark
/// arrived.
struct About {
  Equivalence equivalence;
  std::optional<double> app_monotonic;  ///< seconds of the instance's CLOCK_MONOTONIC when it began to listen
  /// MemTotal and MemAvailable of the kernel that the instance runs on, in bytes; a container's is the
  /// host's.
  std::optional<std::int64_t> kernel_memory_total, kernel_memory_available;
};
About ask_about(const Endpoint& endpoint, Seconds timeout);

/// 16 hexadecimal digits that no other trial has.
std::string make_nonce();

}  // namespace bench
