#include "bench/report/exports/series.h"

#include <algorithm>
#include <map>
#include <utility>

namespace bench {

bool smaller_is_better(const Run& run, const Summary& summary) {
  const MetricSpec& spec = spec_of(run, summary.metric);
  return is_compared(spec) && spec.better == Better::kLower;
}

const Sample* TrialSamples::find(std::string_view metric) const {
  const auto found = std::find_if(samples.begin(), samples.end(),
                                  [&](const Sample* sample) { return sample->metric == metric; });
  return found == samples.end() ? nullptr : *found;
}

std::vector<TrialSamples> trials_of(const Run& run, std::string_view target) {
  std::map<int, std::vector<const Sample*>> rounds;
  for (const Sample& sample : run.samples) {
    if (sample.target == target && !sample.warmup && !sample.at) rounds[sample.round].push_back(&sample);
  }
  std::vector<TrialSamples> trials;
  trials.reserve(rounds.size());
  for (auto& [round, samples] : rounds) trials.push_back({round, std::move(samples)});
  return trials;
}

}  // namespace bench
