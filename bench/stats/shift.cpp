#include "bench/stats/shift.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace bench {
namespace {

/// Doubles as integers of the same order, so that bisection ends after 64 steps whatever the scale.
std::uint64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | (1ULL << 63);
}
double from_ordered_bits(std::uint64_t bits) {
  return std::bit_cast<double>((bits >> 63) != 0 ? bits & ~(1ULL << 63) : ~bits);
}

/// How many of the differences b − a are at most `limit`; both sides sorted.
std::uint64_t count_at_most(const std::vector<double>& a, const std::vector<double>& b, double limit) {
  std::uint64_t count = 0;
  std::size_t first = 0;  // a[first…] are large enough; it only ever grows with b
  for (const double value : b) {
    while (first < a.size() && value - a[first] > limit) {
      ++first;
    }
    count += a.size() - first;
  }
  return count;
}

/// The kth smallest difference, k from 1.
double kth_difference(const std::vector<double>& a, const std::vector<double>& b, std::uint64_t k) {
  std::uint64_t low = ordered_bits(b.front() - a.back());
  std::uint64_t high = ordered_bits(b.back() - a.front());
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (count_at_most(a, b, from_ordered_bits(middle)) >= k) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return from_ordered_bits(low) + 0.0;  // never a negative zero
}

}  // namespace

double hodges_lehmann_shift(std::span<const double> a, std::span<const double> b) {
  std::vector<double> sorted_a(a.begin(), a.end());
  std::vector<double> sorted_b(b.begin(), b.end());
  std::sort(sorted_a.begin(), sorted_a.end());
  std::sort(sorted_b.begin(), sorted_b.end());
  const std::uint64_t pairs = static_cast<std::uint64_t>(a.size()) * b.size();
  const double upper = kth_difference(sorted_a, sorted_b, pairs / 2 + 1);
  if (pairs % 2 == 1) {
    return upper;
  }
  return (kth_difference(sorted_a, sorted_b, pairs / 2) + upper) / 2;
}

}  // namespace bench
