#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <future>
#include <utility>
#include <vector>

#include "bench/base/error.h"
#include "bench/core/first_metrics.h"
#include "bench/measure/host/memory.h"
#include "bench/measure/host/memory_settle.h"
#include "scenarios/memory.h"

namespace bench {
namespace {

constexpr int kFewest = 2;  // below that there is no "one more"
constexpr double kGibibyte = 1024.0 * 1024 * 1024;
constexpr double kVmmAllowance = kGibibyte / 4;  // of a VMM besides the guest's RAM
constexpr double kSmallest = kGibibyte / 16;     // of an instance without a limit

class Curve {
 public:
  Curve(Trial& trial, const MarginalRules& rules, int most) : trial_(trial), rules_(rules), most_(most) {}

  /// From none to all of them.
  void up(int pass) {
    pass_ = pass;
    read();
    if (has_kernel()) {
      // Booting is work for the CPU that does not show in memory: together it takes less time.
      start_together();
      settle_all();
      read();
      return;
    }
    while (count() < most_) {
      running_.push_back(trial_.start());
      read();
    }
  }

  /// And back again: what drifts on the host makes one pass steeper and the other flatter by as much.
  void down(int pass) {
    pass_ = pass;
    read();
    while (count() > 0) {
      running_.back().instance.stop(Seconds(0));
      running_.back().instance.remove();
      running_.pop_back();
      read();
    }
  }

 private:
  [[nodiscard]] int count() const { return static_cast<int>(running_.size()); }
  [[nodiscard]] bool has_kernel() { return trial_.target().info.traits.own_kernel(); }

  void read() {
    require_alive();
    pause_for(rules_.calm, trial_.stop());
    std::vector<double> readings;
    for (int i = 0; i < rules_.readings; ++i) {
      if (i > 0) pause_for(rules_.spacing, trial_.stop());
      readings.push_back(static_cast<double>(available_memory()));
    }
    const auto middle = readings.begin() + rules_.readings / 2;
    std::nth_element(readings.begin(), middle, readings.end());
    trial_.record(metric::kAvailable, *middle, std::nullopt, static_cast<double>(count()), pass_);
  }

  /// Nobody counts that is not there any more.
  void require_alive() {
    for (StartedInstance& started : running_) {
      const InstanceState state = started.instance.state();
      if (state.running) continue;
      throw Error(
          ErrorCode::kInstanceDied,
          fmt::format("one of {} instances of {} at once ended while they were counted: it {}", count(),
                      trial_.target().info.name, state.detail.empty() ? "is gone" : state.detail),
          "see whether the kernel ended it for want of memory (dmesg)");
    }
  }

  void start_together() {
    std::vector<std::future<StartedInstance>> starting;
    starting.reserve(static_cast<std::size_t>(most_));
    for (int i = 0; i < most_; ++i) {
      starting.push_back(std::async(std::launch::async, [this] { return trial_.start(); }));
    }
    std::exception_ptr failed;
    for (auto& one : starting) {
      try {
        running_.push_back(one.get());
      } catch (...) {
        failed = std::current_exception();  // the others are waited for, so that all of them are removed
      }
    }
    if (failed) std::rethrow_exception(failed);
  }

  void settle_all() {
    const auto pss = [this]() -> std::optional<double> {
      double sum = 0;
      for (StartedInstance& started : running_) {
        for (const HostProcess& process : started.instance.processes()) {
          const auto memory = read_process_memory(process.pid);
          if (!memory) return std::nullopt;
          sum += static_cast<double>(memory->pss);
        }
      }
      return sum;
    };
    try {
      settle(pss, {}, trial_.stop());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnavailable) throw;
      pause_for(SettleRules{}.limit, trial_.stop());  // it may not be seen: then it is waited for
    }
  }

  Trial& trial_;
  const MarginalRules& rules_;
  int most_;
  int pass_ = 0;
  std::vector<StartedInstance> running_;  // whatever happens, they are removed with this
};

std::string gibibytes(double bytes) {
  return fmt::format("{:.1f} GiB", bytes / kGibibyte);
}

/// The number of instances at once, with a warning where it is less than planned.
int choose_most(Trial& trial, const MarginalRules& rules) {
  const TargetInfo& target = trial.target().info;
  const bool has_kernel = target.traits.own_kernel();
  const int wanted = has_kernel ? rules.vms : rules.containers;
  const double allowed = static_cast<double>(allowed_memory());
  const double each =
      std::max(kSmallest, static_cast<double>(target.memory_bytes) + (has_kernel ? kVmmAllowance : 0));
  const int most = affordable_instances(wanted, allowed, each);
  const std::string why =
      fmt::format("{} of memory may be taken here, half of it at most, and each may grow to {}",
                  gibibytes(allowed), gibibytes(each));
  const std::string remedy = "stop what else uses memory, or give each instance less with --memory";
  if (most < kFewest) {
    throw Error(
        ErrorCode::kUnavailable,
        fmt::format("not enough memory for {} instances of {} at once: {}", kFewest, target.name, why),
        remedy);
  }
  if (most < wanted) {
    trial.warn(fmt::format("{}: memory.marginal is from {} instances at once in place of {}: {}", target.name,
                           most, wanted, why),
               remedy);
  }
  return most;
}

}  // namespace

int affordable_instances(int wanted, double allowed, double each) {
  const double budget = std::min(allowed - kGibibyte, allowed / 2);
  if (budget <= 0 || each <= 0) return 0;
  return static_cast<int>(std::min<double>(wanted, std::floor(budget / each)));
}

void measure_marginal_memory(Trial& trial, const MarginalRules& rules) {
  const int most = choose_most(trial, rules);
  trial.note("marginal_instances", static_cast<std::int64_t>(most));
  for (int pass = 0; pass < rules.passes; pass += 2) {
    trial.progress(fmt::format("{}: 0 to {} instances at once and back, passes {} and {} of {}",
                               trial.target().info.name, most, pass + 1, pass + 2, rules.passes));
    Curve curve(trial, rules, most);
    curve.up(pass);
    trial.note("marginal_passes", static_cast<std::int64_t>(pass + 1));
    curve.down(pass + 1);
    trial.note("marginal_passes", static_cast<std::int64_t>(pass + 2));
  }
}

}  // namespace bench
