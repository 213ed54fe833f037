#include "bench/measure/stopwatch.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/base/error.h"
#include "bench/measure/host/cost.h"

namespace bench {
namespace {

constexpr Seconds kStateCheck{1.0};  // how often a silent instance is asked whether it still lives

double since(TimePoint t0, TimePoint t) {
  return Seconds(t - t0).count();
}

std::optional<double> since(TimePoint t0, std::optional<TimePoint> t) {
  if (!t) return std::nullopt;
  return since(t0, *t);
}

// The phase that an instance is in, from the last mark that was seen.
std::string phase_after(const ConsoleMarks& console, const Traits& traits) {
  if (console.at(Mark::kApp)) return "ready";
  if (console.at(Mark::kRuntime)) return "app";
  if (!traits.own_kernel() || console.at(Mark::kInit)) return "runtime";
  if (console.at(Mark::kKernel)) return "init";
  if (console.at(Mark::kFirmware)) return "kernel";
  return "firmware";
}

std::string with_tail(std::string message, const ConsoleMarks& console, const Variables& env) {
  const std::string tail = console.tail(6);
  if (!tail.empty()) message += "; its console ends with:\n" + tail;
  return without_values(std::move(message), env);  // an app that fails may print its settings
}

// How an app gets a variable that it misses: what the console or a 500 is about, more often than not.
constexpr const char* kGiveVariables =
    "a variable that the app misses is given with --env NAME=VALUE or --env-file FILE";

// What stopped an instance that is being waited for; empty while it lives.
std::optional<std::string> death(Instance& instance) {
  const InstanceState state = instance.state();
  if (state.running) return std::nullopt;
  if (!state.detail.empty()) return state.detail;
  if (state.exit_code) return fmt::format("exited with status {}", *state.exit_code);
  return "is gone";
}

// Wakes the probe when the console says something, for as long as this object lives.
class Listening {
 public:
  Listening(ConsoleMarks& console, HedgedProbe& probe) : console_(console) {
    console_.listen([&probe] { probe.wake(); });
  }
  ~Listening() { console_.listen({}); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  ConsoleMarks& console_;
};

}  // namespace

StartedInstance start_and_wait(const Target& target, const InstanceSpec& spec, const StartRules& rules,
                               const std::stop_token& stop) {
  Driver& driver = *target.driver;
  const Traits& traits = target.info.traits;
  const bool boots = traits.own_kernel();
  const Seconds timeout = boots ? rules.vm_timeout : rules.container_timeout;
  auto console = std::make_shared<ConsoleMarks>(traits.serial_console);
  StartTimes times;
  CpuMeter cpu(driver.engine_processes(), driver.engine_in_process());

  const TimePoint t0 = Clock::now();
  const Deadline deadline(t0 + std::chrono::duration_cast<Clock::duration>(timeout));

  std::string phase = "create";
  try {
    Instance instance = Instance::create(driver, *target.images, spec, stop);
    times.create = since(t0, Clock::now());
    phase = "launch";
    instance.console(console);
    instance.start(stop);
    times.launch = since(t0, Clock::now());
    phase = traits.firmware ? "firmware" : boots ? "kernel" : "runtime";

    const Endpoint endpoint = instance.endpoint();
    HedgedProbe probe({endpoint.host, endpoint.port, rules.ready_path, spec.nonce, rules.ready_status});
    const Listening listening(*console, probe);
    std::optional<std::string> cause_of_death;
    TimePoint next_check = Clock::now() + std::chrono::duration_cast<Clock::duration>(kStateCheck);
    bool end_seen = false;
    const auto pace = [&] {
      ProbePace now;
      now.period = boots ? rules.vm_period : rules.container_period;
      if (const auto app = console->at(Mark::kApp)) {
        now.listening = true;
        now.listening_since = *app;
      }
      const bool ended = !end_seen && console->closed_at().has_value();
      if (ended || Clock::now() >= next_check) {
        end_seen = end_seen || ended;
        next_check = Clock::now() + std::chrono::duration_cast<Clock::duration>(kStateCheck);
        cause_of_death = death(instance);
        now.give_up = cause_of_death.has_value();
      }
      return now;
    };

    const ProbeOutcome outcome = probe.run(deadline, stop, pace);
    phase = phase_after(*console, traits);
    switch (outcome.kind) {
      case ProbeOutcome::Kind::kReady:
        break;
      case ProbeOutcome::Kind::kInterrupted:
        throw Error(ErrorCode::kInterrupted, "interrupted while waiting for " + target.info.name);
      case ProbeOutcome::Kind::kGaveUp:
        throw StartError(ErrorCode::kInstanceDied,
                         {phase,
                          with_tail(fmt::format("{} died while it was waited for: it {}", target.info.name,
                                                *cause_of_death),
                                    *console, spec.env),
                          std::nullopt},
                         fmt::format("the console says why the app or its system ended; {}", kGiveVariables));
      case ProbeOutcome::Kind::kTimeout: {
        std::string message =
            fmt::format("{} was not ready within {:.3g} s", target.info.name, timeout.count());
        if (!outcome.last_answer.empty()) {
          message += fmt::format(" (last answer to GET {}: {})", rules.ready_path, outcome.last_answer);
        }
        throw StartError(
            ErrorCode::kTimeout, {phase, with_tail(message, *console, spec.env), timeout.count()},
            fmt::format("see why GET {} is not answered with {}, name another path with --ready-path, "
                        "or give it more time with --timeout; {}",
                        rules.ready_path, rules.ready_status, kGiveVariables));
      }
    }

    times.ready = since(t0, outcome.ready);
    times.resolution = outcome.resolution.count();
    times.probe_cpu = outcome.cpu.count();
    times.probe_waited = outcome.waited.count();
    if (const auto cost = cpu.read(instance.processes(), outcome.cpu.count())) {
      times.cpu = cost->seconds;
      times.cpu_resolution = cost->resolution;
    }
    times.firmware = since(t0, console->at(Mark::kFirmware));
    times.kernel = since(t0, console->at(Mark::kKernel));
    times.init = since(t0, console->at(Mark::kInit));
    times.runtime = since(t0, console->at(Mark::kRuntime));
    times.app = since(t0, console->at(Mark::kApp));
    return {std::move(instance), console, times, endpoint};
  } catch (const StartError&) {
    throw;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted) throw;
    throw StartError(error.code(), {phase, with_tail(error.what(), *console, spec.env), std::nullopt},
                     error.remedy());
  }
}

About ask_about(const Endpoint& endpoint, Seconds timeout) {
  const std::string body = http_get(endpoint.host, endpoint.port, "/bench/about", timeout);
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) throw Error(ErrorCode::kEngine, "/bench/about did not answer with a JSON object");
  const auto text = [&json](const char* key) -> std::optional<std::string> {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  const auto number = [&json](const char* key) -> std::optional<std::int64_t> {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
  };
  About about;
  about.equivalence = {text("app_sha256"), text("python"), text("flask"),
                       text("kernel"),     number("cpus"), number("memory_bytes")};
  const auto monotonic = json.find("monotonic");
  if (monotonic != json.end() && monotonic->is_object() && monotonic->contains("app") &&
      (*monotonic)["app"].is_number()) {
    about.app_monotonic = (*monotonic)["app"].get<double>();
  }
  const auto memory = json.find("memory");
  if (memory != json.end() && memory->is_object()) {
    const auto bytes = [&memory](const char* key) -> std::optional<std::int64_t> {
      const auto found = memory->find(key);
      if (found == memory->end() || !found->is_number_integer()) return std::nullopt;
      return found->get<std::int64_t>();
    };
    about.kernel_memory_total = bytes("total");
    about.kernel_memory_available = bytes("available");
  }
  return about;
}

std::string make_nonce() {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
    throw Error(ErrorCode::kIo, "the kernel gave no random bytes");
  }
  return fmt::format("{:016x}", bits);
}

}  // namespace bench
