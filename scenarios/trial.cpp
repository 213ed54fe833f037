#include <algorithm>
#include <utility>

#include "scenarios/scenario.h"

namespace bench {

StartedInstance Trial::start() {
  return start_and_wait(target_, host_.spec(target_), host_.rules, host_.stop);
}

void Trial::record(const std::string& metric, const std::string& unit, double value,
                   std::optional<double> resolution, std::optional<double> at, std::optional<int> round) {
  samples_.push_back({scenario_, target_.info.name, metric, unit, value, round.value_or(place_.round),
                      place_.position, place_.warmup, resolution, at});
}

void Trial::record(const std::string& metric, const std::string& unit, std::optional<double> value,
                   std::optional<double> resolution) {
  if (value) record(metric, unit, *value, resolution);
}

void Trial::note(const std::string& key, Fact fact) {
  notes_[scenario_ + "." + target_.info.name + "." + key] = std::move(fact);
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
