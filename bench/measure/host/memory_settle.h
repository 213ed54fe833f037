#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "bench/base/clock.h"

namespace bench {

/// When memory counts as settled: two readings in a row differ by less than the larger of the two limits.
struct SettleRules {
  Seconds spacing{0.8};             ///< between two readings, at least
  Seconds limit{6};                 ///< then it is not settled, and that is said
  double relative = 0.01;           ///< of the earlier reading
  double absolute = 1024.0 * 1024;  ///< bytes
  double load = 0.005;              ///< CPU seconds of the reading per second, at most; readings move apart
};

struct Settling {
  bool settled = false;
  Seconds seconds{0};  ///< from the first reading to the last
  double load = 0;     ///< CPU time of this thread per second of settling: what the readings cost
  int readings = 0;
};

/// Reads until it is settled or the time is up. `read` gives bytes, or nothing where this once it could not
/// be known. What it throws goes through; throws kInterrupted when the token fires.
Settling settle(const std::function<std::optional<double>()>& read, const SettleRules& rules,
                const std::stop_token& stop);

/// Sleeps; throws kInterrupted as soon as the token fires.
void pause_for(Seconds duration, const std::stop_token& stop);

}  // namespace bench
