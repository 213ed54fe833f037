#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "bench/report/numbers.h"
#include "bench/report/view_parts.h"

namespace bench {
namespace {

/// When a failure happened, for people: rounds count from 1.
struct FailedRounds {
  std::vector<int> rounds;
  std::size_t warmups = 0;

  [[nodiscard]] std::string words() const {
    constexpr std::size_t kShown = 20;
    std::string text = warmups > 0 ? "warm-up" : "";
    if (!rounds.empty()) {
      const std::vector<int> shown(
          rounds.begin(), rounds.begin() + static_cast<std::ptrdiff_t>(std::min(rounds.size(), kShown)));
      text += fmt::format("{}round{} {}{}", text.empty() ? "" : ", ", rounds.size() == 1 ? "" : "s",
                          fmt::join(shown, ", "), rounds.size() > kShown ? ", …" : "");
    }
    return text;
  }
};

}  // namespace

std::vector<FailureGroup> failure_groups(const Run& run) {
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::vector<std::pair<Key, FailedRounds>> groups;
  for (const Failure& failure : run.failures) {
    const std::string censored = failure.censored_at ? fmt::format(" (censored: it takes more than {} s)",
                                                                   significant(*failure.censored_at))
                                                     : "";
    const Key key = {failure.scenario, failure.target, failure.phase, failure.message, censored};
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& entry) { return entry.first == key; });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {key, {}});
    }
    if (failure.warmup) {
      ++group->second.warmups;
    } else {
      group->second.rounds.push_back(failure.round + 1);
    }
  }
  std::vector<FailureGroup> result;
  for (const auto& [key, when] : groups) {
    const auto& [scenario, target, phase, message, censored] = key;
    result.push_back({fmt::format("{} × {}{}: {}{}", when.rounds.size() + when.warmups, stamped(run, target),
                                  phase.empty() ? "" : fmt::format(", in phase {}", one_line(phase)),
                                  shorten(one_line(message), 400), censored),
                      when.words()});
  }
  return result;
}

}  // namespace bench
