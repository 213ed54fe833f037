#include "bench/stats/judge/claim_sides.h"

#include <algorithm>

namespace bench {
namespace {

bool is_kind(const std::string& word) {
  return from_text<Kind>(word).has_value();
}

}  // namespace

ClaimSides claim_sides(const Run& run, const ClaimDefinition& definition) {
  const auto matches = [](const TargetInfo& target, const std::string& word) {
    const std::optional<Kind> kind = from_text<Kind>(word);
    return kind ? family_of(target.traits) == *kind : target.name == word;
  };
  ClaimSides sides;
  const auto first = std::find_if(run.targets.begin(), run.targets.end(),
                                  [&](const TargetInfo& target) { return matches(target, definition.side); });
  if (first != run.targets.end()) {
    sides.side = &*first;
  }
  for (const TargetInfo& target : run.targets) {
    const bool same_app =
        !is_kind(definition.against) || sides.side == nullptr || target.app == sides.side->app;
    if (matches(target, definition.against) && &target != sides.side && same_app) {
      sides.against.push_back(&target);
    }
  }
  return sides;
}

std::optional<double> median_of(const Run& run, const std::string& target, const std::string& metric) {
  const auto found = std::find_if(run.summaries.begin(), run.summaries.end(), [&](const Summary& summary) {
    return summary.target == target && summary.metric == metric;
  });
  return found == run.summaries.end() ? std::nullopt : std::optional(found->median);
}

std::string scenario_of(const Run& run, const std::string& metric) {
  const auto found = std::find_if(run.summaries.begin(), run.summaries.end(),
                                  [&](const Summary& summary) { return summary.metric == metric; });
  return found != run.summaries.end() ? found->scenario : metric.substr(0, metric.find('.'));
}

}  // namespace bench
