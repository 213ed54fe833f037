#include "bench/report/exports/series.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace bench {

bool is_headline_metric(const Run& run, std::string_view metric) {
  return is_compared(spec_of(run, metric));
}

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

const Summary* find_summary(const Run& run, std::string_view target, std::string_view metric) {
  const auto found = std::find_if(run.summaries.begin(), run.summaries.end(), [&](const Summary& summary) {
    return summary.target == target && summary.metric == metric;
  });
  return found == run.summaries.end() ? nullptr : &*found;
}

std::string exact(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

}  // namespace bench
