#include "bench/measure/host/memory_settle.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>

#include "bench/base/error.h"
#include "bench/measure/host/cost.h"

namespace bench {

void pause_for(Seconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
  if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while memory settled");
}

Settling settle(const std::function<std::optional<double>()>& read, const SettleRules& rules,
                const std::stop_token& stop) {
  const TimePoint began = Clock::now();
  const double cpu_before = thread_cpu_seconds();
  Settling settling;
  std::optional<double> before;
  while (true) {
    const std::optional<double> now = read();
    ++settling.readings;
    settling.seconds = Seconds(Clock::now() - began);
    if (now && before) {
      settling.settled = std::abs(*now - *before) < std::max(rules.relative * *before, rules.absolute);
    }
    before = now;
    const double cpu = thread_cpu_seconds() - cpu_before;
    // What has been spent, and another reading of the same cost, have to be earned by waiting.
    const Seconds earned((cpu + cpu / settling.readings) / rules.load);
    const Seconds next = std::max(settling.seconds + rules.spacing, earned);
    if (settling.settled || (settling.readings > 1 && next > rules.limit)) {
      settling.load = settling.seconds.count() > 0 ? cpu / settling.seconds.count() : 0;
      return settling;
    }
    pause_for(next - settling.seconds, stop);
  }
}

}  // namespace bench
