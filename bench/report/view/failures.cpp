#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "bench/base/lists.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"

namespace bench {
namespace {

/// When a failure happened, for people: rounds count from 1.
struct FailedRounds {
  std::vector<int> rounds;
  std::size_t warmups = 0;

  void add(const Failure& failure) {
    if (failure.warmup) {
      ++warmups;
    } else {
      rounds.push_back(failure.round + 1);
    }
  }
  [[nodiscard]] std::size_t count() const { return rounds.size() + warmups; }
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

/// An instance serves every scenario of its round, so one failed start is recorded for each of them; it is
/// shown once.
std::vector<FailureGroup> failure_groups(const Run& run) {
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  std::vector<std::pair<Key, FailedRounds>> groups;
  std::set<std::tuple<Key, int, bool>> seen;
  for (const Failure& failure : run.failures) {
    const std::string censored = failure.censored_at ? fmt::format(" (censored: it takes more than {} s)",
                                                                   significant(*failure.censored_at))
                                                     : "";
    const Key key = {failure.target, failure.phase, failure.message, censored};
    if (!seen.emplace(key, failure.round, failure.warmup).second) {
      continue;
    }
    auto* group = find_where(groups, [&](const auto& entry) { return entry.first == key; });
    if (group == nullptr) group = &groups.emplace_back(key, FailedRounds());
    group->second.add(failure);
  }
  std::vector<FailureGroup> result;
  for (const auto& [key, when] : groups) {
    const auto& [target, phase, message, censored] = key;
    const bool in_round = phase != kBeforeRounds && phase != kAfterRounds;
    result.push_back(
        {fmt::format("{} × {}{}: {}{}", when.count(), stamped(run, target),
                     phase.empty() || !in_round ? "" : fmt::format(", in phase {}", one_line(phase)),
                     shorten(one_line(message), 400), censored),
         in_round ? when.words() : phase});
  }
  return result;
}

}  // namespace bench
