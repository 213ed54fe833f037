#pragma once

namespace bench {

/// The t that |T| stays below with the probability `confidence` (two-sided), for `freedom` ≥ 1 degrees of
/// freedom: 2.776 for 0.95 and 4.
double student_t_quantile(double confidence, int freedom);

}  // namespace bench
