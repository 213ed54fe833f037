#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/base/clock.h"

namespace bench {

/// One request to an engine's API over its unix socket.
struct HttpRequest {
  std::string method = "GET";
  std::string path{};  ///< with the query: "/v1.41/containers/json?all=1"
  std::string body{};
  std::filesystem::path body_file{};  ///< streamed in place of `body` when not empty
  std::vector<std::string> headers{};
  Seconds timeout{30};  ///< for the whole exchange; zero: none (streams)
  /// How long the exchange may still go on when the stop token has fired: a call that makes something is
  /// better ended than cut off half-way.
  Seconds stop_grace{0};
  /// Called once, when the status line and headers of the answer are there.
  std::function<void(int status)> on_headers{};
  /// Receives the body of a successful answer (2xx) as it arrives, in place of HttpResponse::body.
  std::function<void(std::string_view)> on_body{};
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::map<std::string, std::string> headers;  ///< names in lower case
};

/// Sends the request and waits for the whole answer, whatever its status. Throws, naming method, path and
/// socket: kUnavailable when nobody listens (no socket, refused, no permission), kEngine when the exchange
/// broke off, kTimeout when the time was up, kInterrupted when `stop` fired.
HttpResponse http_request(const std::filesystem::path& socket, const HttpRequest& request,
                          std::stop_token stop = {});

/// What the engine said in an answer: the "message" (or "cause") of a JSON body, else the body's beginning.
std::string engine_message(const HttpResponse& response);

/// Throws Error{kEngine} "POST /containers/x/start: 409 the engine's words" unless the status is 2xx or 304.
void require_success(const HttpRequest& request, const HttpResponse& response);

/// Percent-encodes for a query value.
std::string url_encode(std::string_view text);

}  // namespace bench
