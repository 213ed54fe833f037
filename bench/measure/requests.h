#pragma once

#include <stop_token>
#include <string>

#include "bench/base/clock.h"
#include "drivers/driver.h"

namespace bench {

/// Sends `count` GET requests one after another, each answered before the next, for at most `limit`. Returns
/// how many were answered with 200 within that time. Throws Error{kEngine} on the first that was answered
/// otherwise or not at all, kInterrupted when the token fires.
int send_requests(const Endpoint& endpoint, const std::string& path, int count, Seconds limit,
                  const std::stop_token& stop);

}  // namespace bench
