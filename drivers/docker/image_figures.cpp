#include "drivers/docker/image_figures.h"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <set>

#include "drivers/docker/info.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

/// What `du` counts: each file once, with the blocks that it has. Nothing when a part cannot be read.
std::optional<std::int64_t> allocated_below(const fs::path& top) {
  std::int64_t bytes = 0;
  std::set<std::pair<dev_t, ino_t>> several_names;
  const auto add = [&](const fs::path& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) return false;
    const bool counted = !S_ISDIR(status.st_mode) && status.st_nlink > 1 &&
                         !several_names.emplace(status.st_dev, status.st_ino).second;
    if (!counted) bytes += static_cast<std::int64_t>(status.st_blocks) * 512;
    return true;
  };
  if (!add(top)) return std::nullopt;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(top, error); it != fs::recursive_directory_iterator();
       it.increment(error)) {
    if (error || !add(it->path())) return std::nullopt;
  }
  if (error) return std::nullopt;
  return bytes;
}

/// The directories of overlay2's layers: "LowerDir" holds several, with colons between them.
std::optional<std::int64_t> layers_on_disk(const json& inspected) {
  const json driver = inspected.value("GraphDriver", json());
  const json data = driver.is_object() ? driver.value("Data", json()) : json();
  if (!data.is_object()) return std::nullopt;
  std::string all = data.value("UpperDir", "");
  if (all.empty()) return std::nullopt;
  if (const std::string lower = data.value("LowerDir", ""); !lower.empty()) all += ":" + lower;
  std::int64_t bytes = 0;
  while (!all.empty()) {
    const auto colon = all.find(':');
    const auto layer = allocated_below(all.substr(0, colon));
    if (!layer) return std::nullopt;
    bytes += *layer;
    all = colon == std::string::npos ? "" : all.substr(colon + 1);
  }
  return bytes;
}

/// Not every daemon that speaks the API has the following two, or fills them in: what is not there is absent.
json rows_of(const DockerEngine& engine, const HttpRequest& request, const char* key,
             const std::stop_token& stop) {
  const HttpResponse response = engine.call(request, stop);
  json parsed = response.status == 200 ? json::parse(response.body, nullptr, false) : json();
  if (*key != '\0') parsed = parsed.is_object() ? parsed.value(key, json()) : json();
  return parsed.is_array() ? parsed : json::array();
}

std::optional<std::int64_t> number(const json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

void add_history(const DockerEngine& engine, const std::string& id, const std::stop_token& stop,
                 std::vector<ImageFigure>& result) {
  std::int64_t bytes = 0;
  for (const auto& row : rows_of(engine, {.path = "/images/" + id + "/history"}, "", stop)) {
    bytes += number(row, "Size").value_or(0);
  }
  if (bytes > 0) result.push_back({"virtual", "history", "GET /images/{id}/history, sum of Size", bytes});
}

void add_usage(const DockerEngine& engine, const std::string& id, const std::stop_token& stop,
               std::vector<ImageFigure>& result) {
  for (const auto& row : rows_of(engine, {.path = "/system/df", .timeout = Seconds(60)}, "Images", stop)) {
    const auto size = number(row, "Size"), shared = number(row, "SharedSize");
    if (row.value("Id", "") != id || !size || *size <= 0) continue;
    result.push_back({"virtual", "df", "GET /system/df, Size", *size});
    if (shared && *shared >= 0) {
      result.push_back({"unique", "df", "GET /system/df, Size − SharedSize", *size - *shared});
    }
  }
}

}  // namespace

std::vector<ImageFigure> docker_image_figures(const DockerEngine& engine, const std::string& id,
                                              const std::stop_token& stop) {
  std::vector<ImageFigure> result;
  const json inspected = engine.get("/images/" + id + "/json", stop);
  if (const auto bytes = inspected.value("Size", std::int64_t{0}); bytes > 0) {
    result.push_back({"virtual", "engine", "GET /images/{id}/json, Size", bytes});
  }
  if (const auto bytes = layers_on_disk(inspected)) {
    result.push_back(
        {"disk", "engine", "blocks of the layers' directories that GET /images/{id}/json names", *bytes});
  }
  add_history(engine, id, stop, result);
  add_usage(engine, id, stop, result);
  // Containerd's store keeps what was loaded beside what it unpacked, and each version of Docker counts the
  // one, the other or both; its history has blocks, not lengths. So none of it is a second source of our
  // figure.
  if (keeps_images_in_containerd(engine.get("/info", stop))) {
    for (ImageFigure& figure : result) {
      if (figure.quantity == "virtual") {
        figure.quantity = "store";
      } else if (figure.quantity == "unique") {
        figure.quantity = "store_unique";
      } else {
        continue;
      }
      figure.source += " (containerd's image store)";
    }
  }
  return result;
}

}  // namespace bench
