#include "drivers/docker/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "bench/base/error.h"
#include "drivers/docker/loaded.h"

namespace bench {

namespace {

using nlohmann::json;

std::optional<json> inspect(const DockerEngine& engine, const std::string& name,
                            const std::stop_token& stop) {
  const HttpRequest request{.path = "/images/" + name + "/json"};
  const HttpResponse response = engine.call(request, stop);
  if (response.status == 404) return std::nullopt;
  require_success(request, response);
  json parsed = json::parse(response.body, nullptr, false);
  if (!parsed.is_object())
    throw Error(ErrorCode::kEngine, "GET " + request.path + ": the answer is no JSON object");
  return parsed;
}

json layers_in(const json& inspected) {
  const json root = inspected.value("RootFS", json());
  return root.is_object() ? root.value("Layers", json::array()) : json::array();
}

bool has_layers(const json& inspected, const std::vector<Layer>& layers) {
  const json found = layers_in(inspected);
  return std::equal(layers.begin(), layers.end(), found.begin(), found.end(),
                    [](const Layer& layer, const json& diff_id) { return diff_id == layer.diff_id; });
}

/// By the configuration's digest; or, in an engine that numbers images by their manifest, by the reference if
/// that is the same stack of layers.
std::optional<json> find(const DockerEngine& engine, const ContainerImage& image,
                         const std::stop_token& stop) {
  if (!image.id.empty()) {
    if (auto found = inspect(engine, image.id, stop)) return found;
  }
  if (image.reference.empty()) return std::nullopt;
  auto found = inspect(engine, image.reference, stop);
  if (found && !image.layers.empty() && has_layers(*found, image.layers)) return found;
  return std::nullopt;
}

/// The same image may have come under another name: content that did not change keeps its digest. A name of a
/// loaded image is given again each time: the daemon remembers when, and what was not used for long goes
/// first.
void name_it(const DockerEngine& engine, const json& inspected, const std::string& reference,
             const std::stop_token& stop) {
  const auto colon = reference.rfind(':');
  if (colon == std::string::npos) return;
  for (const auto& tag : inspected.value("RepoTags", json::array())) {
    if (tag == reference && !is_loaded_reference(reference)) return;
  }
  engine.checked({.method = "POST",
                  .path = "/images/" + inspected.at("Id").get<std::string>() +
                          "/tag?repo=" + url_encode(reference.substr(0, colon)) +
                          "&tag=" + url_encode(reference.substr(colon + 1))},
                 stop);
}

/// A failed load may still answer 200: the error is then in the stream of JSON objects that is the body.
void throw_error_in_stream(const HttpRequest& request, const std::string& body) {
  std::size_t begin = 0;
  while (begin < body.size()) {
    const std::size_t end = std::min(body.find('\n', begin), body.size());
    const json line = json::parse(body.substr(begin, end - begin), nullptr, false);
    begin = end + 1;
    if (!line.is_object() || !line.contains("error")) continue;
    throw Error(
        ErrorCode::kEngine,
        fmt::format("{} {}: {}", request.method, request.path,
                    line["error"].is_string() ? line["error"].get<std::string>() : line["error"].dump()),
        "free disk space in the engine's data root, or rebuild the image with bench prepare");
  }
}

}  // namespace

PreparedImage prepare_docker_image(const DockerEngine& engine, const ContainerImage& image,
                                   const std::function<void(const std::string&)>& progress,
                                   std::stop_token stop) {
  std::optional<json> found = find(engine, image, stop);
  if (!found) {
    if (progress) progress("loading the image " + image.reference + " into Docker");
    const HttpRequest request{.method = "POST",
                              .path = "/images/load?quiet=1",
                              .body_file = image.archive,
                              .headers = {"Content-Type: application/x-tar"},
                              .timeout = Seconds(600)};
    try {
      throw_error_in_stream(request, engine.checked(request, stop).body);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted) throw;
      throw Error(
          error.code(), fmt::format("the engine does not take {}: {}", image.archive.string(), error.what()),
          "build the image again with bench prepare --rebuild, and see that the engine has disk space");
    }
    found = find(engine, image, stop);
    if (!found) {
      throw Error(
          ErrorCode::kEngine,
          fmt::format("the engine took {} and has no image {} now", image.archive.string(), image.reference),
          "rebuild the image: bench prepare --rebuild");
    }
  }
  name_it(engine, *found, image.reference, stop);
  PreparedImage result;
  result.id = found->at("Id").get<std::string>();
  result.facts = {{"digest", result.id},
                  {"reference", image.reference},
                  {"size_bytes", found->value("Size", std::int64_t{0})},
                  {"layers", static_cast<std::int64_t>(layers_in(*found).size())}};
  return result;
}

}  // namespace bench
