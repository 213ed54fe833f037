#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bench/base/clock.h"

namespace bench::test {

struct PlainAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// One GET to 127.0.0.1; nothing when nobody listens or no complete head came in time.
std::optional<PlainAnswer> http_get(std::uint16_t port, const std::string& path,
                                    Seconds timeout = Seconds(2));

/// Asks again and again until an answer with status 200 and this nonce came.
std::optional<PlainAnswer> await_ready(std::uint16_t port, const std::string& path, const std::string& nonce,
                                       Seconds patience);

}  // namespace bench::test
