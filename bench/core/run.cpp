#include "bench/core/run.h"

#include "bench/base/lists.h"

namespace bench {

const TargetInfo* find_target(const Run& run, std::string_view name) {
  return find_where(run.targets, [&](const TargetInfo& target) { return target.name == name; });
}

const Summary* find_summary(const Run& run, std::string_view scenario, std::string_view target,
                            std::string_view metric) {
  return find_where(run.summaries, [&](const Summary& summary) {
    return summary.scenario == scenario && summary.target == target && summary.metric == metric;
  });
}

const Summary* find_summary(const Run& run, std::string_view target, std::string_view metric) {
  return find_where(run.summaries, [&](const Summary& summary) {
    return summary.target == target && summary.metric == metric;
  });
}

}  // namespace bench
