#include "drivers/docker/loaded.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "bench/base/error.h"
#include "drivers/docker/places.h"

namespace bench {

namespace {

using nlohmann::json;

constexpr std::string_view kRepository = "bench/backend:";
/// Images as they are, from a file or built for somebody.
constexpr std::string_view kImageRepository = "bench/image:";
constexpr std::size_t kKeyDigits = 12;
constexpr const char* kImageLabel = "bench.image";
/// What images had before they had a label.
constexpr const char* kProbe = "FLASK_APP=/opt/bench/bench_probe.py";

struct LoadedImage {
  std::string last_used;  ///< ISO 8601, as the daemon writes it
  std::string id;
  std::vector<std::string> references;  ///< ours
};

json member(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() ? *found : json();
}

std::string string_member(const json& object, const char* key) {
  const json value = member(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

std::vector<std::string> strings(const json& array) {
  std::vector<std::string> result;
  if (!array.is_array()) return result;
  for (const auto& value : array) {
    if (value.is_string()) result.push_back(value.get<std::string>());
  }
  return result;
}

bool carries_our_mark(const json& inspected) {
  const json config = member(inspected, "Config");
  if (string_member(member(config, "Labels"), kImageLabel) == "1") return true;
  const auto environment = strings(member(config, "Env"));
  return std::find(environment.begin(), environment.end(), kProbe) != environment.end();
}

/// What is in such an image is its author's. Its name is ours by the id that it repeats.
bool repeats_id(const std::string& reference, const std::string& id) {
  return reference.starts_with(kImageRepository) &&
         id.substr(id.find(':') + 1).starts_with(reference.substr(kImageRepository.size()));
}

/// Names and ids of all images that a container stands on, whether it runs or not.
std::set<std::string> images_in_use(const DockerEngine& engine, const std::stop_token& stop) {
  std::set<std::string> used;
  for (const auto& container : engine.get("/containers/json?all=1", stop)) {
    used.insert(string_member(container, "Image"));
    used.insert(string_member(container, "ImageID"));
  }
  return used;
}

/// Those that may go, the last used first.
std::vector<LoadedImage> loaded_images(const DockerEngine& engine, const std::stop_token& stop) {
  std::vector<LoadedImage> found;
  const std::string filter = url_encode(R"({"reference":["bench/backend","bench/image"]})");
  for (const auto& row : engine.get("/images/json?filters=" + filter, stop)) {
    LoadedImage image;
    image.id = string_member(row, "Id");
    for (const std::string& reference : strings(member(row, "RepoTags"))) {
      if (is_loaded_reference(reference)) image.references.push_back(reference);
    }
    if (image.id.empty() || image.references.empty()) continue;
    const HttpResponse answer = engine.call({.path = "/images/" + image.id + "/json"}, stop);
    const json inspected = answer.status == 200 ? json::parse(answer.body, nullptr, false) : json();
    const bool marked = carries_our_mark(inspected);
    std::erase_if(image.references, [&](const std::string& reference) {
      return reference.starts_with(kImageRepository) ? !repeats_id(reference, image.id) : !marked;
    });
    if (image.references.empty()) continue;
    image.last_used = string_member(member(inspected, "Metadata"), "LastTagTime");
    found.push_back(std::move(image));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const LoadedImage& a, const LoadedImage& b) { return a.last_used > b.last_used; });
  return found;
}

}  // namespace

bool is_loaded_reference(const std::string& reference) {
  for (const std::string_view repository : {kRepository, kImageRepository}) {
    if (reference.starts_with(repository) && reference.size() == repository.size() + kKeyDigits &&
        reference.find_first_not_of("0123456789abcdef", repository.size()) == std::string::npos) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> remove_loaded_images(const DockerEngine& engine, std::size_t keep,
                                              const std::set<std::string>& spared,
                                              const std::stop_token& stop) {
  std::vector<std::string> removed;
  const std::vector<LoadedImage> images = loaded_images(engine, stop);
  if (images.size() <= keep) return removed;
  const std::set<std::string> used = images_in_use(engine, stop);
  for (std::size_t i = keep; i < images.size(); ++i) {
    const LoadedImage& image = images[i];
    const bool in_use =
        used.contains(image.id) || std::any_of(image.references.begin(), image.references.end(),
                                               [&](const std::string& name) { return used.contains(name); });
    if (in_use || spared.contains(image.id)) continue;
    for (const std::string& reference : image.references) {
      // Without force: the daemon refuses (409) what a container has begun to use meanwhile. What a build
      // left on its way to an image has no name, and goes with it.
      const char* parents = reference.starts_with(kImageRepository) ? "" : "?noprune=1";
      const HttpRequest request{
          .method = "DELETE", .path = "/images/" + reference + parents, .timeout = Seconds(60)};
      const HttpResponse answer = engine.call(request, stop);
      if (answer.status == 404 || answer.status == 409) continue;
      require_success(request, answer);
      removed.push_back(reference);
    }
  }
  return removed;
}

std::set<std::string> used_by_this_process(const std::string& image_id) {
  static std::mutex mutex;
  static std::set<std::string> used;
  const std::lock_guard lock(mutex);
  used.insert(image_id);
  return used;
}

std::vector<std::string> clean_loaded_images() {
  std::vector<std::string> lines;
  std::vector<DockerPlace> places;
  try {
    places = docker_places();
  } catch (const Error&) {
    return lines;  // the environment names a daemon that there is not
  }
  for (const DockerPlace& place : places) {
    if (place.socket.empty()) continue;
    std::shared_ptr<DockerEngine> engine;
    try {
      engine = std::make_shared<DockerEngine>(place.socket);
    } catch (const Error&) {
      continue;  // nobody there, or nobody for us
    }
    for (const std::string& name : remove_loaded_images(*engine, 0)) {
      lines.push_back(fmt::format("removed the image {} from Docker", name));
    }
  }
  return lines;
}

}  // namespace bench
