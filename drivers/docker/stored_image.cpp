#include "drivers/docker/stored_image.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "bench/base/error.h"

namespace bench {

namespace {

using nlohmann::json;

std::optional<std::string> known_id(const DockerEngine& engine, const std::string& reference,
                                    const std::stop_token& stop) {
  const HttpRequest request{.path = "/images/" + url_encode(reference) + "/json"};
  const HttpResponse response = engine.call(request, stop);
  if (response.status == 404) return std::nullopt;
  require_success(request, response);
  return understood([&] { return std::optional(json::parse(response.body).at("Id").get<std::string>()); });
}

/// A tag or digest of its own, or the engine would fetch every tag there is.
std::string with_tag(const std::string& reference) {
  const std::size_t name = reference.rfind('/') == std::string::npos ? 0 : reference.rfind('/');
  return reference.find_first_of(":@", name) == std::string::npos ? reference + ":latest" : reference;
}

/// A failed pull answers 200: its error is in the stream of JSON objects that is the body.
std::string pull_error(const std::string& body) {
  std::size_t begin = 0;
  while (begin < body.size()) {
    const std::size_t end = std::min(body.find('\n', begin), body.size());
    const json line = json::parse(body.substr(begin, end - begin), nullptr, false);
    begin = end + 1;
    if (line.is_object() && line.contains("error")) {
      return line["error"].is_string() ? line["error"].get<std::string>() : line["error"].dump();
    }
  }
  return "";
}

void pull_image(const DockerEngine& engine, const std::string& reference, const std::stop_token& stop) {
  const HttpRequest request{.method = "POST",
                            .path = "/images/create?fromImage=" + url_encode(with_tag(reference)),
                            .timeout = Seconds(3600)};
  const HttpResponse response = engine.call(request, stop);
  std::string why = response.status == 200 ? pull_error(response.body) : engine_message(response);
  if (why.empty()) return;
  throw Error(ErrorCode::kUnavailable, fmt::format("Docker cannot fetch the image {}: {}", reference, why),
              "see the name and the registry; an image in a file is named docker-archive:FILE");
}

}  // namespace

std::string find_stored_image(const DockerEngine& engine, const std::string& reference, Pull pull,
                              const std::function<void(const std::string&)>& progress, std::stop_token stop) {
  std::optional<std::string> id;
  if (pull != Pull::kAlways) id = known_id(engine, reference, stop);
  if (!id && pull != Pull::kNever) {
    if (progress) progress(fmt::format("fetching the image {}", reference));
    pull_image(engine, reference, stop);
    id = known_id(engine, reference, stop);
  }
  if (id) return *id;
  throw Error(ErrorCode::kUnavailable, fmt::format("Docker has no image {}", reference),
              pull == Pull::kNever ? "load it (docker load), or let Docker fetch it: --pull missing"
                                   : "see `docker images` for the names that there are");
}

void save_stored_image(const DockerEngine& engine, const std::string& id, const std::filesystem::path& to,
                       std::stop_token stop) {
  std::ofstream file(to, std::ios::binary | std::ios::trunc);
  HttpRequest request{.path = "/images/" + id + "/get", .timeout = Seconds(0)};
  request.on_body = [&file](std::string_view bytes) {
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  };
  engine.checked(request, stop);
  file.close();
  if (!file) {
    throw Error(ErrorCode::kIo, fmt::format("cannot write {}", to.string()),
                "free some space, or set BENCH_CACHE_DIR to a larger file system");
  }
}

}  // namespace bench
