#include "bench/report/view/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/report/view/numbers.h"
#include "bench/stats/judge/compare.h"

namespace bench {

std::vector<std::string> scenarios_of(const Run& run) {
  std::set<std::string> found;
  std::vector<std::string> others;  // in the order of their first samples
  const auto add = [&](const std::string& name) {
    if (found.insert(name).second && find_scenario(run, name) == nullptr) others.push_back(name);
  };
  for (const Sample& sample : run.samples) {
    add(sample.scenario);
  }
  for (const Failure& failure : run.failures) {
    add(failure.scenario);
  }
  std::vector<std::string> names;
  for (const ScenarioSpec& scenario : declared_scenarios(run)) {
    if (found.contains(scenario.name)) names.push_back(scenario.name);
  }
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

std::vector<const TargetInfo*> measured_targets(const Run& run, const std::string& scenario) {
  std::vector<const TargetInfo*> targets;
  for (const TargetInfo& target : run.targets) {
    if (std::any_of(run.summaries.begin(), run.summaries.end(), [&](const Summary& summary) {
          return summary.scenario == scenario && summary.target == target.name;
        })) {
      targets.push_back(&target);
    }
  }
  return targets;
}

std::size_t rounds_tried(const Run& run, const std::string& scenario) {
  std::set<int> rounds;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && !sample.at && sample.scenario == scenario && !spec_of(run, sample.metric).exact) {
      rounds.insert(sample.round);
    }
  }
  for (const Failure& failure : run.failures) {
    if (!failure.warmup && is_of_a_round(failure) && failure.scenario == scenario) {
      rounds.insert(failure.round);
    }
  }
  return rounds.size();
}

std::size_t failed_trials(const Run& run, const std::string& scenario, const std::string& target) {
  return static_cast<std::size_t>(
      std::count_if(run.failures.begin(), run.failures.end(), [&](const Failure& f) {
        return !f.warmup && is_of_a_round(f) && f.scenario == scenario && f.target == target;
      }));
}

std::string spoken(const Run& run, const TargetInfo& target) {
  const Kind family = family_of(target.traits);
  const auto like_it = std::count_if(run.targets.begin(), run.targets.end(), [&](const TargetInfo& other) {
    return family_of(other.traits) == family;
  });
  if (family == Kind::kContainer && like_it == 1) return family_words(target.traits);
  return fmt::format("{} ({})", family_words(target.traits), one_line(target.name));
}

std::string metric_words(const Run& run, const std::string& metric) {
  return one_line(column_words(spec_of(run, metric), metric));
}

std::string scenario_words(const Run& run, const std::string& scenario) {
  const ScenarioSpec* spec = find_scenario(run, scenario);
  return one_line(spec == nullptr || spec->title.empty() ? scenario : spec->title);
}

std::string versus(const Run& run, const std::string& b, const std::string& a) {
  const TargetInfo* of_a = find_target(run, a);
  const TargetInfo* of_b = find_target(run, b);
  if (of_a != nullptr && of_b != nullptr && of_a->acceleration == Acceleration::kTcg &&
      of_b->acceleration == Acceleration::kTcg) {
    return fmt::format("{} vs {} (both TCG)", one_line(b), one_line(a));
  }
  return fmt::format("{} vs {}", stamped(run, b), stamped(run, a));
}

std::string stamped(const TargetInfo& target) {
  std::string name = one_line(target.name);
  if (target.acceleration == Acceleration::kTcg) {
    name += " (TCG)";
  } else if (target.acceleration == Acceleration::kNestedKvm) {
    name += " (nested KVM)";
  }
  return name;
}

std::string stamped(const Run& run, const std::string& target) {
  const TargetInfo* info = find_target(run, target);
  return info == nullptr ? one_line(target) : stamped(*info);
}

std::string fact_text(const Fact& fact) {
  return std::visit(
      [](const auto& held) -> std::string {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>) {
          return "unknown";
        } else if constexpr (std::is_same_v<Held, bool>) {
          return held ? "yes" : "no";
        } else if constexpr (std::is_same_v<Held, std::string>) {
          return one_line(held);
        } else {
          return fmt::format("{}", held);
        }
      },
      fact);
}

}  // namespace bench
