#include "bench/report/view_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "bench/report/numbers.h"
#include "bench/stats/compare.h"

namespace bench {

const Summary* find_summary(const Run& run, const std::string& scenario, const std::string& target,
                            const std::string& metric) {
  const auto found = std::find_if(run.summaries.begin(), run.summaries.end(), [&](const Summary& summary) {
    return summary.scenario == scenario && summary.target == target && summary.metric == metric;
  });
  return found == run.summaries.end() ? nullptr : &*found;
}

std::vector<std::string> scenarios_of(const Run& run) {
  std::set<std::string> found;
  std::vector<std::string> others;  // in the order of their first samples
  const auto add = [&](const std::string& name) {
    if (found.insert(name).second && name != "startup" && name != "size" && name != "memory") {
      others.push_back(name);
    }
  };
  for (const Sample& sample : run.samples) {
    add(sample.scenario);
  }
  for (const Failure& failure : run.failures) {
    add(failure.scenario);
  }
  std::vector<std::string> names;
  for (const char* name : {"startup", "size", "memory"}) {
    if (found.contains(name)) {
      names.emplace_back(name);
    }
  }
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

std::size_t rounds_tried(const Run& run, const std::string& scenario) {
  std::set<int> rounds;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && !sample.at && !is_exact(sample.metric) && sample.scenario == scenario) {
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
  const std::string name = one_line(target.name);
  if (target.kind == "container") {
    const auto containers = std::count_if(run.targets.begin(), run.targets.end(),
                                          [](const TargetInfo& other) { return other.kind == "container"; });
    return containers == 1 ? "container" : fmt::format("container ({})", name);
  }
  return fmt::format("{} ({})", target.kind == "vm" ? "VM" : one_line(target.kind), name);
}

std::string metric_words(const std::string& metric) {
  static const std::map<std::string, std::string> words = {{"startup.ready", "ready"},
                                                           {"startup.cpu", "CPU"},
                                                           {"startup.stop", "stop"},
                                                           {"memory.host_pss", "PSS"},
                                                           {"memory.loaded_pss", "PSS, loaded"},
                                                           {"memory.cgroup", "cgroup"},
                                                           {"memory.marginal", "one more"}};
  const auto found = words.find(metric);
  return found == words.end() ? one_line(metric) : found->second;
}

std::string versus(const Run& run, const std::string& b, const std::string& a) {
  const TargetInfo* of_a = find_target(run, a);
  const TargetInfo* of_b = find_target(run, b);
  if (of_a != nullptr && of_b != nullptr && of_a->acceleration == "tcg" && of_b->acceleration == "tcg") {
    return fmt::format("{} vs {} (both TCG)", one_line(b), one_line(a));
  }
  return fmt::format("{} vs {}", stamped(run, b), stamped(run, a));
}

std::string stamped(const TargetInfo& target) {
  std::string name = one_line(target.name);
  if (target.acceleration == "tcg") {
    name += " (TCG)";
  } else if (target.acceleration == "kvm-nested") {
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
