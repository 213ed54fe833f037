#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <utility>

#include "bench/base/error.h"
#include "bench/net/http.h"

namespace bench {

/// A daemon that speaks the Engine API, and the version of it that we both speak.
class DockerEngine {
 public:
  /// Asks the daemon who it is. Throws kUnavailable, with the reason, when nobody answers at `socket` or its
  /// API is of another age.
  explicit DockerEngine(std::filesystem::path socket, std::stop_token stop = {});

  /// What to tell the user when the daemon goes away in mid-run.
  void set_remedy(std::string remedy) { remedy_ = std::move(remedy); }

  [[nodiscard]] const std::filesystem::path& socket() const { return socket_; }
  [[nodiscard]] const std::string& api() const { return api_; }
  /// The body of GET /version.
  [[nodiscard]] const nlohmann::json& version() const { return version_; }

  /// One exchange, whatever its status; request.path without the version prefix. A daemon that does not
  /// answer (any more) is Error{kEngine} with a remedy.
  [[nodiscard]] HttpResponse call(HttpRequest request, std::stop_token stop = {}) const;
  /// The same for calls that must succeed (2xx or 304).
  HttpResponse checked(HttpRequest request, std::stop_token stop = {}) const;
  /// GET, parsed; throws kEngine when the answer is an error or no JSON.
  [[nodiscard]] nlohmann::json get(const std::string& path, std::stop_token stop = {}) const;

 private:
  std::filesystem::path socket_;
  std::string api_;
  nlohmann::json version_;
  std::string remedy_ = "look into the daemon's log, start it again and repeat the run";
};

/// True when the socket is there and this user may not use it: somebody's daemon, to be asked for and not
/// replaced.
bool is_refused(const std::filesystem::path& socket);

/// What `read` makes of an engine's answer. One of another shape than the API has is Error{kEngine}, not an
/// exception of the library that reads it.
template <typename Read>
auto understood(Read read) {
  try {
    return read();
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kEngine,
                std::string("the engine's answer is not what the Docker API says: ") + error.what(),
                "check which engine listens there (bench doctor names it), and its version");
  }
}

/// "1.41" of the daemon's range and ours; throws kUnavailable when they do not meet.
std::string negotiate_api(const std::string& daemon_newest, const std::string& daemon_oldest);

}  // namespace bench
