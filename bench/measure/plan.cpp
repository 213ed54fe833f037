#include "bench/measure/plan.h"

#include <limits>
#include <numeric>
#include <random>
#include <utility>

namespace bench {

std::vector<std::size_t> round_order(std::uint64_t seed, int round, bool warmup, std::size_t n) {
  std::seed_seq mix{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                    static_cast<std::uint32_t>(round), warmup ? 1U : 0U};
  std::mt19937_64 random(mix);
  // Without the standard's distributions: their results differ from library to library.
  const auto below = [&random](std::uint64_t bound) {
    const std::uint64_t limit = std::numeric_limits<std::uint64_t>::max() / bound * bound;
    std::uint64_t value = random();
    while (value >= limit) value = random();
    return value % bound;
  };
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  return order;
}

}  // namespace bench
