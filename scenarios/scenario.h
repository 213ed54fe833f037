#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/measure/stopwatch.h"

namespace bench {

/// What a scenario may do in one trial: start an instance, record samples, read where it stands.
class Trial {
 public:
  Trial(std::string scenario, Target& target, const StartRules& rules, InstanceSpec spec, int round,
        int position, bool warmup, std::stop_token stop);

  [[nodiscard]] Target& target() { return target_; }
  [[nodiscard]] const StartRules& rules() const { return rules_; }
  [[nodiscard]] const std::stop_token& stop() const { return stop_; }

  /// The stopwatch, on a fresh instance of the target.
  StartedInstance start();

  void record(const std::string& metric, const std::string& unit, double value,
              std::optional<double> resolution = std::nullopt);
  void record(const std::string& metric, const std::string& unit, std::optional<double> value,
              std::optional<double> resolution = std::nullopt);

  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  /// From the stopwatch's t0 to the moment when the scenario ended its instance; for the run's overhead.
  [[nodiscard]] Seconds busy() const { return busy_; }
  void set_busy(Seconds busy) { busy_ = busy; }

 private:
  std::string scenario_;
  Target& target_;
  const StartRules& rules_;
  InstanceSpec spec_;
  int round_, position_;
  bool warmup_;
  std::stop_token stop_;
  std::vector<Sample> samples_;
  Seconds busy_{0};
};

struct MetricRow {
  std::string name, unit, summary;
};

/// One row per scenario. Adding one is one file and one row (scenarios/table.cpp).
struct ScenarioRow {
  std::string name;
  std::string summary;
  std::vector<MetricRow> metrics;
  std::string headline_metric;  ///< the one whose precision may end a run early
  void (*run)(Trial&) = nullptr;
};

const std::vector<ScenarioRow>& scenario_table();

}  // namespace bench
