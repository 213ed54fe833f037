#include <algorithm>
#include <stdexcept>
#include <utility>

#include "bench/measure/scenario.h"

namespace bench {

StartedInstance Trial::start() {
  return start_and_wait(target_, host_.spec(target_), host_.rules, host_.stop);
}

void Trial::record(const std::string& metric, double value, std::optional<double> resolution,
                   std::optional<double> at, std::optional<int> round) {
  const MetricSpec* spec = scenario_ == nullptr ? nullptr : find_metric(*scenario_, metric);
  if (spec == nullptr) throw std::logic_error("no scenario that has its turn declares " + metric);
  samples_.push_back({scenario_->name, target_.info.name, metric, spec->unit, value,
                      round.value_or(place_.round), place_.position, place_.warmup, resolution, at});
}

void Trial::record(const std::string& metric, std::optional<double> value, std::optional<double> resolution) {
  if (value) record(metric, *value, resolution);
}

void Trial::note(const std::string& key, Fact fact) {
  notes_[scenario_->name + "." + target_.info.name + "." + key] = std::move(fact);
}

void Trial::warn(const std::string& text, const std::string& remedy) {
  const Warning warning{text, remedy};
  if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end()) {
    warnings_.push_back(warning);
  }
}

void Trial::progress(const std::string& line) const {
  if (host_.progress) host_.progress(line);
}

}  // namespace bench
