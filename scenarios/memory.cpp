#include "scenarios/memory.h"

#include <fmt/format.h>

#include "bench/base/error.h"
#include "bench/core/first_metrics.h"
#include "bench/measure/host/cost.h"
#include "bench/measure/host/memory.h"
#include "bench/measure/host/memory_settle.h"
#include "bench/measure/requests.h"

namespace bench {
namespace {

constexpr int kRequests = 100;
constexpr Seconds kRequestsLimit{20};
constexpr Seconds kAboutWait{10};

/// What is read of an instance once it has settled. Absent: it has no meaning for this target, or it could
/// not be known (then there is a warning).
struct Footprint {
  std::optional<InstanceMemory> host;
  std::optional<CgroupMemory> cgroup;
  std::optional<double> guest_used;
};

/// Waits until one instance has settled, and reads it; says so when it is gone.
class Reader {
 public:
  Reader(Trial& trial, StartedInstance& started) : trial_(trial), started_(started) {}

  /// `when`: for the warning that it had not settled.
  Footprint settle_and_read(const char* when) {
    Footprint footprint;
    const double cpu = thread_cpu_seconds();
    try {
      // Every reading is a complete one: the last is the figure, and no work comes on top.
      settling_ = settle(
          [&]() -> std::optional<double> {
            footprint.host = read_processes();
            if (!footprint.host) return std::nullopt;
            return static_cast<double>(footprint.host->total.pss);
          },
          {}, trial_.stop());
      if (!settling_.settled) warn_unsettled(when);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnavailable) throw;
      settling_ = {};
      trial_.warn(
          fmt::format("{}: its processes' memory is absent: {}", trial_.target().info.name, error.what()),
          error.remedy());
      pause_for(SettleRules{}.spacing, trial_.stop());
    }
    require_alive();
    footprint.cgroup = read_cgroup_memory(processes_);
    if (settling_.readings > 0) {
      cpu_ += thread_cpu_seconds() - cpu;
      wall_ += settling_.seconds;
    }
    if (has_kernel()) footprint.guest_used = guest_used();
    return footprint;
  }

  [[nodiscard]] const Settling& settling() const { return settling_; }
  /// CPU time of all readings so far per second of settling; nothing where there was none.
  [[nodiscard]] std::optional<double> load() const {
    return wall_.count() > 0 ? std::optional(cpu_ / wall_.count()) : std::nullopt;
  }
  [[nodiscard]] bool has_kernel() { return trial_.target().info.traits.own_kernel(); }

 private:
  /// Nothing when one of its processes ended meanwhile, or none can be seen.
  std::optional<InstanceMemory> read_processes() {
    processes_ = started_.instance.processes();
    auto memory = read_instance_memory(processes_, has_kernel() ? trial_.target().info.memory_bytes : 0);
    if (!memory) require_alive();
    return memory;
  }

  void require_alive() {
    const InstanceState state = started_.instance.state();
    if (state.running) return;
    throw Error(ErrorCode::kInstanceDied,
                fmt::format("{} ended while its memory was read: it {}", trial_.target().info.name,
                            state.detail.empty() ? "is gone" : state.detail),
                "the app's or the guest's console says why; correct it and run again");
  }

  void warn_unsettled(const char* when) {
    const std::string& name = trial_.target().info.name;
    if (processes_.empty()) {
      trial_.warn(
          name + ": its processes cannot be seen from here, so that their memory is absent",
          "run bench on the machine that the engine runs on, not beside a virtual machine that holds it");
    } else {
      trial_.warn(fmt::format("{}: memory had not settled {:g} s {}; the last reading was taken", name,
                              SettleRules{}.limit.count(), when),
                  "expect more spread in its memory figures; compare medians of 10 rounds or more");
    }
  }

  std::optional<double> guest_used() {
    if (!trial_.target().instrumented()) return std::nullopt;  // nobody in there answers
    const About about = ask_about(started_.endpoint, kAboutWait);
    if (!about.kernel_memory_total || !about.kernel_memory_available) return std::nullopt;
    return static_cast<double>(*about.kernel_memory_total - *about.kernel_memory_available);
  }

  Trial& trial_;
  StartedInstance& started_;
  std::vector<HostProcess> processes_;
  Settling settling_;
  double cpu_ = 0;
  Seconds wall_{0};
};

void record(Trial& trial, const std::string& metric, const std::optional<std::int64_t>& bytes) {
  if (bytes) trial.record(metric, static_cast<double>(*bytes));
}

void record_settled(Trial& trial, const Footprint& footprint) {
  if (const auto& host = footprint.host) {
    record(trial, metric::kHostPss, host->total.pss);
    record(trial, metric::kHostRss, host->total.rss);
    record(trial, metric::kHostUss, host->total.uss);
    record(trial, metric::kHostUnbacked, host->total.pss_unbacked);
    record(trial, metric::kVmmOverhead, host->vmm_overhead);
    for (const auto& [role, bytes] : host->parts) record(trial, metric::kMemoryPart + role, bytes);
  }
  if (const auto& cgroup = footprint.cgroup) {
    record(trial, metric::kCgroup, cgroup->total);
    record(trial, metric::kCgroupAnon, cgroup->anonymous);
    record(trial, metric::kCgroupFile, cgroup->file);
    record(trial, metric::kCgroupKernel, cgroup->kernel);
  }
  trial.record(metric::kGuestUsed, footprint.guest_used);
}

void record_loaded(Trial& trial, const Footprint& footprint) {
  if (const auto& host = footprint.host) {
    record(trial, metric::kLoadedPss, host->total.pss);
    record(trial, metric::kLoadedRss, host->total.rss);
    record(trial, metric::kLoadedUss, host->total.uss);
  }
  if (footprint.cgroup) record(trial, metric::kLoadedCgroup, footprint.cgroup->total);
  trial.record(metric::kLoadedGuestUsed, footprint.guest_used);
}

/// What a reader has to know, and why a figure is absent.
void note_conditions(Trial& trial, Reader& reader, const Footprint& footprint) {
  const SettleRules rules;
  trial.note(
      "settle_rule",
      fmt::format("settled when two readings of the summed PSS, at least {:g} s apart, differ by less than "
                  "{:g} % or {:g} MiB; after {:g} s the last reading is taken and a warning says so",
                  rules.spacing.count(), rules.relative * 100, rules.absolute / (1024.0 * 1024),
                  rules.limit.count()));
  trial.note("requests", static_cast<std::int64_t>(kRequests));
  if (const auto saved = ksm_saved()) trial.note("ksm_saved_bytes", *saved);
  if (footprint.host) trial.note("huge_page_bytes", footprint.host->total.huge);
  if (footprint.cgroup) {
    trial.note("cgroup", fmt::format("v{}", footprint.cgroup->version));
  } else {
    trial.note("cgroup", reader.has_kernel()
                             ? std::string("absent: the VMM has no memory cgroup of its own here")
                             : std::string("absent: the container has no memory cgroup that can be "
                                           "read"));
  }
  if (!reader.has_kernel()) {
    trial.note("guest_used",
               std::string("absent: a container's kernel is the host's; what that uses is not the "
                           "container's"));
    trial.note("vmm_overhead", std::string("absent: a container has no VMM"));
  }
  const std::string name = trial.target().info.name;
  if (reader.has_kernel() && footprint.host && !footprint.host->vmm_overhead) {
    trial.warn(
        fmt::format("{}: no mapping of the VMM is as large as the guest's memory: its own memory cannot be "
                    "told from the guest's",
                    name),
        "quote memory.host_pss, which holds both");
  }
  if (reader.has_kernel() && !trial.target().instrumented()) {
    trial.note("guest_used", std::string("absent: the app is not instrumented, and nobody else in the guest "
                                         "answers"));
  } else if (reader.has_kernel() && !footprint.guest_used) {
    trial.warn(name + ": the guest did not say how much memory it uses",
               "build its image again: bench prepare --targets " + name);
  }
}

void observe_memory(Trial& trial, StartedInstance& started) {
  Reader reader(trial, started);
  const Footprint settled = reader.settle_and_read("after ready");
  const Settling settling = reader.settling();
  record_settled(trial, settled);
  note_conditions(trial, reader, settled);

  const int answered =
      send_requests(started.endpoint, trial.rules().ready_path, kRequests, kRequestsLimit, trial.stop());
  if (answered == kRequests) {
    record_loaded(trial, reader.settle_and_read("after the requests"));
  } else {
    trial.warn(fmt::format("{} answered {} of {} requests within {:g} s: its memory under load is absent",
                           trial.target().info.name, answered, kRequests, kRequestsLimit.count()),
               "name a path that is answered faster with --ready-path");
  }
  if (const auto load = reader.load()) {
    trial.record(metric::kSettle, settling.seconds.count());
    trial.record(metric::kSettleLoad, *load);
  }
}

}  // namespace

ScenarioRow memory_scenario() {
  ScenarioRow row{memory_spec()};
  row.observe = &observe_memory;
  row.after = [](Trial& trial) { measure_marginal_memory(trial, {}); };
  return row;
}

}  // namespace bench
