#include "drivers/docker/places.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "bench/base/error.h"
#include "bench/base/files.h"

namespace bench {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kUnixScheme = "unix://";
constexpr int kContextsRead = 1000;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

DockerPlace place_at(const std::string& address, const std::string& named_by, bool asked_for) {
  DockerPlace place{named_by, address, {}, asked_for};
  if (address.starts_with(kUnixScheme)) place.socket = address.substr(kUnixScheme.size());
  return place;
}

json read_json(const fs::path& path) {
  json parsed = json::parse(file_text(path), nullptr, false);
  return parsed.is_object() ? parsed : json::object();
}

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

json object_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : json::object();
}

/// The directory of a context is called by a hash of its name; the name itself is in the file.
std::optional<std::string> context_address(const fs::path& config, const std::string& name) {
  std::error_code error;
  int left = kContextsRead;
  for (auto it = fs::directory_iterator(config / "contexts" / "meta", error);
       !error && it != fs::directory_iterator() && left-- > 0; it.increment(error)) {
    const json meta = read_json(it->path() / "meta.json");
    if (text_in(meta, "Name") != name) continue;
    return text_in(object_in(object_in(meta, "Endpoints"), "docker"), "Host");
  }
  return std::nullopt;
}

std::string called(const DockerPlace& place) {
  const std::string where = place.socket.empty() ? place.address : place.socket.string();
  return place.named_by.empty() ? where : fmt::format("{} ({})", where, place.named_by);
}

}  // namespace

std::vector<DockerPlace> docker_places() {
  if (const std::string host = variable("DOCKER_HOST"); !host.empty()) {
    return {place_at(host, "DOCKER_HOST", true)};
  }
  const std::string home = variable("HOME");
  fs::path config = variable("DOCKER_CONFIG");
  if (config.empty() && !home.empty()) config = fs::path(home) / ".docker";

  std::vector<DockerPlace> places;
  const std::string asked = variable("DOCKER_CONTEXT");
  const std::string context =
      asked.empty() ? text_in(read_json(config / "config.json"), "currentContext") : asked;
  if (!context.empty() && context != "default") {
    const auto address = context_address(config, context);
    const std::string named_by = fmt::format("the context \"{}\"", context);
    if (!asked.empty()) {
      if (address) return {place_at(*address, named_by, true)};
      throw Error(
          ErrorCode::kUnavailable,
          fmt::format("DOCKER_CONTEXT is {}, and there is no such context in {}", context, config.string()),
          "unset DOCKER_CONTEXT, or name one of those that `docker context ls` shows");
    }
    if (address) places.push_back(place_at(*address, named_by, false));
  }
  std::vector<fs::path> sockets{"/var/run/docker.sock"};
  if (const std::string runtime = variable("XDG_RUNTIME_DIR"); !runtime.empty()) {
    sockets.push_back(fs::path(runtime) / "docker.sock");
  }
  if (geteuid() != 0) sockets.push_back(fmt::format("/run/user/{}/docker.sock", geteuid()));
  if (!home.empty()) sockets.push_back(fs::path(home) / ".docker" / "run" / "docker.sock");
  for (const fs::path& socket : sockets) {
    const bool known = std::any_of(places.begin(), places.end(),
                                   [&](const DockerPlace& place) { return place.socket == socket; });
    if (!known) places.push_back({"", fmt::format("{}{}", kUnixScheme, socket.string()), socket, false});
  }
  return places;
}

bool docker_is_named() {
  return !variable("DOCKER_HOST").empty() ||
         (!variable("DOCKER_CONTEXT").empty() && variable("DOCKER_CONTEXT") != "default");
}

std::shared_ptr<DockerEngine> first_docker(const std::vector<DockerPlace>& places, std::stop_token stop) {
  constexpr std::string_view kNobody = "no Docker daemon answers at ";
  std::string tried;
  bool refused = false;
  for (const DockerPlace& place : places) {
    if (place.socket.empty()) {
      constexpr const char* kWhy =
          "only unix sockets are supported, since what is measured has to run on this host";
      if (place.asked_for) {
        throw Error(ErrorCode::kUnavailable, fmt::format("{} is {}: {}", place.named_by, place.address, kWhy),
                    place.named_by == "DOCKER_HOST"
                        ? "unset DOCKER_HOST, or set it to unix:///var/run/docker.sock"
                        : "unset DOCKER_CONTEXT, or set DOCKER_HOST to unix:///var/run/docker.sock");
      }
      tried += fmt::format("{}{} (not tried: {})", tried.empty() ? "" : ", ", called(place), kWhy);
      continue;
    }
    try {
      return std::make_shared<DockerEngine>(place.socket, stop);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnavailable || place.asked_for) throw;
      std::string why = error.what();
      refused = refused || is_refused(place.socket);
      const std::string same = fmt::format("{}{}", kNobody, place.socket.string());
      if (why.starts_with(same)) why.replace(0, same.size(), called(place));
      tried += (tried.empty() ? "" : ", ") + why;
    }
  }
  throw Error(ErrorCode::kUnavailable, fmt::format("{}{}", kNobody, tried),
              refused
                  ? "run as root, or become a member of the group docker"
                  : "start one of them (systemctl start docker; rootless: systemctl --user start docker), or "
                    "set DOCKER_HOST to the socket of one that runs");
}

EngineAccess docker_access() {
  std::vector<DockerPlace> places;
  try {
    places = docker_places();
    return {false, fmt::format("DOCKER_HOST={}{}", kUnixScheme, first_docker(places)->socket().string())};
  } catch (const Error&) {
    // Root is no better off with a daemon that was named and is not there.
    return {
        !docker_is_named() || std::any_of(places.begin(), places.end(),
                                          [](const DockerPlace& place) { return is_refused(place.socket); }),
        ""};
  }
}

}  // namespace bench
