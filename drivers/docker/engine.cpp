#include "drivers/docker/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <utility>

#include "bench/base/error.h"

namespace bench {

namespace {

struct ApiVersion {
  int major = 0, minor = 0;
  auto operator<=>(const ApiVersion&) const = default;  // NOLINT(modernize-use-nullptr): a compiler's 0
};

/// What this driver was written against: 1.24 has every call that it makes; newer than kNewest only means
/// that we ask for kNewest.
constexpr ApiVersion kOldest{1, 24};
constexpr ApiVersion kNewest{1, 47};

ApiVersion parse_api(const std::string& text) {
  ApiVersion version;
  const char* end = text.data() + text.size();
  const auto [dot, bad_major] = std::from_chars(text.data(), end, version.major);
  const bool major = bad_major == std::errc{} && dot != end && *dot == '.';
  if (!major || std::from_chars(dot + 1, end, version.minor).ec != std::errc{}) {
    throw Error(ErrorCode::kUnavailable, "the daemon names an API version that is none: \"" + text + "\"",
                "check that a Docker daemon listens on that socket");
  }
  return version;
}

std::string shown(ApiVersion version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

[[noreturn]] void gone(const std::filesystem::path& socket, const std::string& remedy, const Error& error) {
  switch (error.code()) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kEngine:
      throw Error(ErrorCode::kEngine,
                  fmt::format("the Docker daemon at {} went away ({})", socket.string(), error.what()),
                  remedy);
    case ErrorCode::kTimeout:
      throw Error(ErrorCode::kEngine,
                  fmt::format("the Docker daemon at {} does not answer ({})", socket.string(), error.what()),
                  "look into the daemon's log and at the machine's load, restart the daemon if it hangs");
    default:
      throw error;
  }
}

}  // namespace

std::string negotiate_api(const std::string& daemon_newest, const std::string& daemon_oldest) {
  const ApiVersion newest = parse_api(daemon_newest);
  const ApiVersion oldest = daemon_oldest.empty() ? ApiVersion{1, 12} : parse_api(daemon_oldest);
  if (newest < kOldest) {
    throw Error(
        ErrorCode::kUnavailable,
        fmt::format("the Docker daemon speaks API {} at most, {} is needed", daemon_newest, shown(kOldest)),
        "install a newer Docker");
  }
  // A daemon that has dropped our newest version is asked in its own oldest: the calls made here are old
  // ones.
  if (oldest > kNewest) return shown(oldest);
  return shown(std::min(newest, kNewest));
}

bool is_refused(const std::filesystem::path& socket) {
  return access(socket.c_str(), R_OK | W_OK) != 0 && errno == EACCES;
}

DockerEngine::DockerEngine(std::filesystem::path socket, std::stop_token stop) : socket_(std::move(socket)) {
  HttpRequest request{.path = "/version", .timeout = Seconds(10)};
  try {
    const HttpResponse response = http_request(socket_, request, stop);
    require_success(request, response);
    version_ = nlohmann::json::parse(response.body);
    api_ = negotiate_api(version_.at("ApiVersion").get<std::string>(), version_.value("MinAPIVersion", ""));
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("what answers at {} is no Docker daemon: {}", socket_.string(), error.what()),
                "set DOCKER_HOST to a Docker daemon's socket");
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted || !error.remedy().empty()) throw;
    throw Error(ErrorCode::kUnavailable,
                fmt::format("no Docker daemon answers at {} ({})", socket_.string(), error.what()),
                is_refused(socket_)
                    ? "run as root, or become a member of the group docker"
                    : "start it (systemctl start docker), or set DOCKER_HOST to the socket of one that runs");
  }
}

HttpResponse DockerEngine::call(HttpRequest request, std::stop_token stop) const {
  request.path = "/v" + api_ + request.path;
  try {
    return http_request(socket_, request, stop);
  } catch (const Error& error) {
    gone(socket_, remedy_, error);
  }
}

HttpResponse DockerEngine::checked(HttpRequest request, std::stop_token stop) const {
  HttpResponse response = call(request, stop);
  require_success(request, response);
  return response;
}

nlohmann::json DockerEngine::get(const std::string& path, std::stop_token stop) const {
  const HttpResponse response = checked({.path = path}, stop);
  try {
    return nlohmann::json::parse(response.body);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kEngine, fmt::format("GET {}: the answer cannot be read: {}", path, error.what()));
  }
}

}  // namespace bench
