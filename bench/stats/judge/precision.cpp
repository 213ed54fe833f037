#include "bench/stats/judge/precision.h"

#include <algorithm>

#include "bench/stats/judge/compare.h"
#include "bench/stats/judge/derive.h"
#include "bench/stats/noise.h"

namespace bench {

std::optional<double> ratio_half_width(const Run& run, const std::string& scenario,
                                       const std::string& metric) {
  std::optional<double> widest;
  for (const TargetPair& pair : compared_pairs(run)) {
    const std::optional<Comparison> result = compare(run, scenario, metric, *pair.a, *pair.b);
    if (!result || !result->ci95 || result->n < kRoundsForVerdict) {
      return std::nullopt;
    }
    widest = std::max(widest.value_or(0), half_width(*result->ci95));
  }
  return widest;
}

bool precise_enough(const Run& run, const std::string& scenario, const std::string& metric,
                    double half_width) {
  const std::optional<double> widest = ratio_half_width(run, scenario, metric);
  return widest && *widest < half_width;
}

}  // namespace bench
