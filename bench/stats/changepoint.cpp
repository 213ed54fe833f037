#include "bench/stats/changepoint.h"

#include <algorithm>
#include <numeric>

#include "bench/stats/random.h"
#include "bench/stats/summary.h"

namespace bench {
namespace {

/// Count and sum of the values seen so far up to a rank (a Fenwick tree).
class Below {
 public:
  explicit Below(std::size_t ranks) : nodes_(ranks + 1) {}
  void clear() { std::fill(nodes_.begin(), nodes_.end(), Node{}); }
  void add(std::size_t rank, double value) {
    for (std::size_t i = rank + 1; i < nodes_.size(); i += i & (~i + 1)) {
      nodes_[i].count += 1;
      nodes_[i].sum += value;
    }
  }
  struct Node {
    double count = 0, sum = 0;
  };
  [[nodiscard]] Node up_to(std::size_t rank) const {
    Node total;
    for (std::size_t i = rank + 1; i > 0; i -= i & (~i + 1)) {
      total.count += nodes_[i].count;
      total.sum += nodes_[i].sum;
    }
    return total;
  }

 private:
  std::vector<Node> nodes_;
};

struct Split {
  std::size_t at = 0;  ///< within the segment
  double energy = 0;   ///< nm / (n + m) · the energy distance of the two sides; 0: no split is allowed
};

/// A run of values without a change point yet. For distances of order 1 on a line all the sums that a split
/// needs follow from counts and sums by rank, so that the best split costs O(n log n).
class Segment {
 public:
  Segment(std::size_t begin, std::span<const double> values) : begin_(begin), seen_(values.size()) {
    const std::size_t n = values.size();
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    values_.resize(n);
    to_all_.resize(n);
    order_.resize(n);
    double below = 0;
    for (std::size_t rank = 0; rank < n; ++rank) {
      const double value = values[order[rank]];
      const auto lower = static_cast<double>(rank);
      const auto upper = static_cast<double>(n - rank);
      values_[rank] = value;
      to_all_[rank] = value * lower - below + (sum - below) - value * upper;
      below += value;
      order_[order[rank]] = rank;
    }
    within_ = std::accumulate(to_all_.begin(), to_all_.end(), 0.0) / 2;
  }

  [[nodiscard]] std::size_t begin() const { return begin_; }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

  Split best(std::size_t shortest) { return best_of(order_, shortest); }

  Split best_permuted(std::size_t shortest, IndexSource& random) {
    shuffled_ = order_;
    for (std::size_t i = shuffled_.size(); i > 1; --i)
      std::swap(shuffled_[i - 1], shuffled_[random.below(i)]);
    return best_of(shuffled_, shortest);
  }

 private:
  Split best_of(const std::vector<std::size_t>& ranks, std::size_t shortest) {
    const std::size_t size = ranks.size();
    Split best;
    if (size < 2 * shortest) return best;
    seen_.clear();
    double left = 0, right = within_, between = 0, left_sum = 0;
    for (std::size_t i = 0; i + shortest < size; ++i) {  // value i goes from the right to the left
      const std::size_t rank = ranks[i];
      const double value = values_[rank];
      const Below::Node below = seen_.up_to(rank);
      const auto on_left = static_cast<double>(i);
      const double to_left =
          value * below.count - below.sum + (left_sum - below.sum) - value * (on_left - below.count);
      const double to_right = to_all_[rank] - to_left;
      left += to_left;
      right -= to_right;
      between += to_right - to_left;
      seen_.add(rank, value);
      left_sum += value;
      const auto n = on_left + 1;
      const auto m = static_cast<double>(size) - n;
      if (i + 1 < shortest) continue;
      const double distance = 2 * between / (n * m) - 2 * left / (n * (n - 1)) - 2 * right / (m * (m - 1));
      if (const double energy = n * m / (n + m) * distance; energy > best.energy) best = {i + 1, energy};
    }
    return best;
  }

  std::size_t begin_;
  std::vector<double> values_;      ///< sorted
  std::vector<double> to_all_;      ///< by rank: the sum of distances to all values of the segment
  std::vector<std::size_t> order_;  ///< ranks in the order of time
  std::vector<std::size_t> shuffled_;
  double within_ = 0;  ///< the sum of all distances, each pair once
  Below seen_;
};

struct Best {
  std::size_t segment = 0;
  Split split;
};

/// The share of permutations within the segments whose best split is at least as good.
double permutation_p(std::vector<Segment>& segments, double energy, const ChangePointRules& rules,
                     IndexSource& random) {
  int as_good = 0;
  const double allowed = rules.significance * (rules.permutations + 1);
  for (int i = 0; i < rules.permutations; ++i) {
    double best = 0;
    for (Segment& segment : segments) {
      best = std::max(best, segment.best_permuted(rules.shortest, random).energy);
      if (best >= energy) break;
    }
    as_good += best >= energy ? 1 : 0;
    if (as_good + 1 > allowed) return 1;
  }
  return static_cast<double>(as_good + 1) / (rules.permutations + 1);
}

}  // namespace

std::vector<ChangePoint> change_points(std::span<const double> values, const ChangePointRules& rules) {
  std::vector<ChangePoint> found;
  const std::size_t shortest = std::max<std::size_t>(rules.shortest, 2);
  if (values.size() < 2 * shortest) return found;
  IndexSource random(rules.seed);
  // Around zero: what is constant has then no distance at all, not one of rounding.
  const double centre = median(values);
  std::vector<double> centred(values.begin(), values.end());
  for (double& value : centred) value -= centre;
  const std::span<const double> all(centred);
  std::vector<Segment> segments;
  segments.emplace_back(0, all);
  for (;;) {
    Best best;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (const Split split = segments[i].best(shortest); split.energy > best.split.energy) best = {i, split};
    }
    if (best.split.energy <= 0) break;
    const double p = permutation_p(segments, best.split.energy, rules, random);
    if (p > rules.significance) break;
    const std::size_t begin = segments[best.segment].begin();
    const std::size_t end = begin + segments[best.segment].size();
    const std::size_t at = begin + best.split.at;
    found.push_back({at, 0, 0, p});
    segments[best.segment] = Segment(begin, all.subspan(begin, at - begin));
    segments.emplace_back(at, all.subspan(at, end - at));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t from = i == 0 ? 0 : found[i - 1].at;
    const std::size_t to = i + 1 == found.size() ? values.size() : found[i + 1].at;
    found[i].before = median(values.subspan(from, found[i].at - from));
    found[i].after = median(values.subspan(found[i].at, to - found[i].at));
  }
  return found;
}

}  // namespace bench
