#include "bench/stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>

#include "bench/stats/random.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

constexpr std::uint64_t kSeed = 0x62656e6368ULL;  // any fixed number: the same data give the same interval

/// The median of a resample without sorting it: values are known by their rank, a resample is a count per
/// rank, and the median is found by walking up the ranks.
class RankedValues {
 public:
  explicit RankedValues(std::vector<double> values) : sorted_(std::move(values)) {
    std::sort(sorted_.begin(), sorted_.end());
    counts_.resize(sorted_.size());
  }

  [[nodiscard]] std::uint32_t rank(double value) const {
    return static_cast<std::uint32_t>(std::lower_bound(sorted_.begin(), sorted_.end(), value) -
                                      sorted_.begin());
  }

  void clear() {
    std::fill(counts_.begin(), counts_.end(), 0U);
    drawn_ = 0;
  }
  void draw(std::uint32_t rank) {
    ++counts_[rank];
    ++drawn_;
  }
  [[nodiscard]] bool empty() const { return drawn_ == 0; }

  [[nodiscard]] double median() const {
    std::uint32_t seen = 0;
    std::size_t at = 0;
    while ((seen += counts_[at]) * 2 < drawn_) {
      ++at;
    }
    if (seen * 2 > drawn_) {
      return sorted_[at];
    }
    const double low = sorted_[at];  // exactly half lies at or below: the mean of the two middle values
    do {
      ++at;
    } while (counts_[at] == 0);
    return (low + sorted_[at]) / 2;
  }

 private:
  std::vector<double> sorted_;
  std::vector<std::uint32_t> counts_;
  std::uint32_t drawn_ = 0;
};

/// As summary.h's quantile, for the few quantiles of many replicates: reorders them, sorts nothing.
double quantile_of(std::vector<double>& replicates, double q) {
  const double position = static_cast<double>(replicates.size() - 1) * q;
  const auto below = static_cast<std::ptrdiff_t>(position);
  const auto nth = replicates.begin() + below;
  std::nth_element(replicates.begin(), nth, replicates.end());
  const double low = *nth;
  if (nth + 1 == replicates.end()) {
    return low;
  }
  const double high = *std::min_element(nth + 1, replicates.end());
  return low + (position - static_cast<double>(below)) * (high - low);
}

Interval percentile_interval(std::vector<double>& replicates, double coverage) {
  const double tail = (1 - coverage) / 2;
  return {quantile_of(replicates, tail), quantile_of(replicates, 1 - tail)};
}

/// By how much the neighbourhood in time widens an interval: the square root of (1 + r) / (1 − r), with r the
/// correlation of each value's rank with the next one's, Kendall's correction for its bias at small n added,
/// and never below 0 (Bartlett, 1946: the variance of the mean of a series that remembers its last value).
/// Ranks, since one slow trial would hide it.
double widening(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> ranks(values.size());
  std::transform(values.begin(), values.end(), ranks.begin(), [&](double value) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
    return static_cast<double>((first - sorted.begin()) + (last - sorted.begin()) - 1) / 2 - (n - 1) / 2;
  });
  const double all = std::inner_product(ranks.begin(), ranks.end(), ranks.begin(), 0.0);
  if (all <= 0) {
    return 1;
  }
  const double raw = std::inner_product(ranks.begin(), ranks.end() - 1, ranks.begin() + 1, 0.0) / all;
  const double r = std::clamp(raw + (1 + 3 * raw) / n, 0.0, 0.9);
  return std::sqrt((1 + r) / (1 - r));
}

/// Widened about the ratio on the scale of factors.
Interval widened(const Interval& interval, double ratio, double factor) {
  return {ratio * std::pow(interval.low / ratio, factor), ratio * std::pow(interval.high / ratio, factor)};
}

/// A round, its values replaced by their ranks.
struct RankedBlock {
  std::vector<std::uint32_t> a, b;
};

/// Medians of kResamples resamples.
std::vector<double> resampled_medians(std::span<const double> values, IndexSource& random) {
  RankedValues ranked({values.begin(), values.end()});
  std::vector<std::uint32_t> ranks(values.size());
  std::transform(values.begin(), values.end(), ranks.begin(),
                 [&](double value) { return ranked.rank(value); });
  std::vector<double> medians(kResamples);
  for (double& result : medians) {
    ranked.clear();
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      ranked.draw(ranks[random.below(ranks.size())]);
    }
    result = ranked.median();
  }
  return medians;
}

}  // namespace

std::optional<Interval> median_interval(std::span<const double> values) {
  if (values.size() < static_cast<std::size_t>(kRoundsForInterval)) {
    return std::nullopt;
  }
  RankedValues ranked({values.begin(), values.end()});
  std::vector<std::uint32_t> ranks(values.size());
  std::transform(values.begin(), values.end(), ranks.begin(),
                 [&](double value) { return ranked.rank(value); });
  IndexSource random(kSeed);
  std::vector<double> replicates(kResamples);
  for (double& replicate : replicates) {
    ranked.clear();
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      ranked.draw(ranks[random.below(ranks.size())]);
    }
    replicate = ranked.median();
  }
  return percentile_interval(replicates, 0.95);
}

std::optional<RatioIntervals> ratio_intervals(const std::vector<Block>& blocks) {
  const auto paired = std::count_if(blocks.begin(), blocks.end(),
                                    [](const Block& block) { return !block.a.empty() && !block.b.empty(); });
  if (paired < kRoundsForInterval) {
    return std::nullopt;
  }
  std::vector<double> all_a, all_b;
  for (const Block& block : blocks) {
    all_a.insert(all_a.end(), block.a.begin(), block.a.end());
    all_b.insert(all_b.end(), block.b.begin(), block.b.end());
  }
  RankedValues a(std::move(all_a));
  RankedValues b(std::move(all_b));
  std::vector<RankedBlock> ranked(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    for (const double value : blocks[i].a) {
      ranked[i].a.push_back(a.rank(value));
    }
    for (const double value : blocks[i].b) {
      ranked[i].b.push_back(b.rank(value));
    }
  }

  IndexSource random(kSeed);
  std::vector<double> replicates;
  replicates.reserve(kResamples);
  while (replicates.size() < static_cast<std::size_t>(kResamples)) {
    a.clear();
    b.clear();
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      const RankedBlock& block = ranked[random.below(ranked.size())];
      for (const std::uint32_t rank : block.a) {
        a.draw(rank);
      }
      for (const std::uint32_t rank : block.b) {
        b.draw(rank);
      }
    }
    if (!a.empty() && !b.empty()) {  // only one-sided rounds were drawn: no ratio, draw again
      replicates.push_back(b.median() / a.median());
    }
  }
  return RatioIntervals{percentile_interval(replicates, 0.95), percentile_interval(replicates, 0.90)};
}

std::optional<RatioIntervals> unpaired_ratio_intervals(std::span<const double> a, std::span<const double> b) {
  if (std::min(a.size(), b.size()) < static_cast<std::size_t>(kRoundsForInterval)) {
    return std::nullopt;
  }
  IndexSource random(kSeed);
  const std::vector<double> medians_a = resampled_medians(a, random);
  const std::vector<double> medians_b = resampled_medians(b, random);
  std::vector<double> replicates(medians_a.size());
  std::transform(medians_b.begin(), medians_b.end(), medians_a.begin(), replicates.begin(), std::divides<>());
  const double ratio = median(b) / median(a);
  const double factor = std::max(widening(a), widening(b));
  return RatioIntervals{widened(percentile_interval(replicates, 0.95), ratio, factor),
                        widened(percentile_interval(replicates, 0.90), ratio, factor)};
}

}  // namespace bench
