#pragma once

#include <algorithm>
#include <chrono>

namespace bench {

/// The only clock that a measurement may use: the host's CLOCK_MONOTONIC.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
/// Durations in the stored data are always seconds.
using Seconds = std::chrono::duration<double>;

/// A point in time after which waiting is pointless.
class Deadline {
 public:
  explicit Deadline(Seconds from_now)
      : at_(Clock::now() + std::chrono::duration_cast<Clock::duration>(from_now)) {}
  explicit Deadline(TimePoint at) : at_(at) {}

  [[nodiscard]] TimePoint at() const { return at_; }
  [[nodiscard]] bool expired() const { return Clock::now() >= at_; }
  /// Time left, never negative.
  [[nodiscard]] Seconds remaining() const { return std::max(Seconds(0), Seconds(at_ - Clock::now())); }

 private:
  TimePoint at_;
};

}  // namespace bench
