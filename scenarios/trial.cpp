#include <utility>

#include "scenarios/scenario.h"

namespace bench {

Trial::Trial(std::string scenario, Target& target, const StartRules& rules, InstanceSpec spec, int round,
             int position, bool warmup, std::stop_token stop)
    : scenario_(std::move(scenario)),
      target_(target),
      rules_(rules),
      spec_(std::move(spec)),
      round_(round),
      position_(position),
      warmup_(warmup),
      stop_(std::move(stop)) {}

StartedInstance Trial::start() {
  return start_and_wait(target_, spec_, rules_, stop_);
}

void Trial::record(const std::string& metric, const std::string& unit, double value,
                   std::optional<double> resolution) {
  samples_.push_back(
      {scenario_, target_.info.name, metric, unit, value, round_, position_, warmup_, resolution});
}

void Trial::record(const std::string& metric, const std::string& unit, std::optional<double> value,
                   std::optional<double> resolution) {
  if (value) record(metric, unit, *value, resolution);
}

}  // namespace bench
