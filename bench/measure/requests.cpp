#include "bench/measure/requests.h"

#include "bench/base/error.h"
#include "bench/net/probe.h"

namespace bench {

int send_requests(const Endpoint& endpoint, const std::string& path, int count, Seconds limit,
                  const std::stop_token& stop) {
  const Deadline deadline(limit);
  for (int sent = 0; sent < count; ++sent) {
    if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted between requests");
    if (deadline.expired()) return sent;
    try {
      http_get(endpoint.host, endpoint.port, path, deadline.remaining() + Seconds(0.001));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kTimeout) return sent;
      throw;
    }
  }
  return count;
}

}  // namespace bench
