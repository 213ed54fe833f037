#pragma once

#include <optional>
#include <string>

#include "bench/core/run.h"

namespace bench {

/// What `bench run` asks for: ± 5 %.
inline constexpr double kPrecisionByDefault = 0.05;

/// How exactly the run knows its ratios so far: the widest half interval among all compared pairs, as a share
/// (0.05: every 95 % interval is within ± 5 % of its middle, on the scale of factors). For stopping early,
/// which may depend on precision and never on significance. Nothing while some pair has fewer than 10 paired
/// rounds, or where nothing is compared.
std::optional<double> ratio_half_width(const Run& run, const std::string& scenario,
                                       const std::string& metric);

/// True when every compared pair's interval is narrower than ± half_width.
bool precise_enough(const Run& run, const std::string& scenario, const std::string& metric,
                    double half_width);

}  // namespace bench
