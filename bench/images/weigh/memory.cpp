#include "bench/images/weigh/memory.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "bench/base/paths.h"

namespace bench {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

struct stat status_of(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    throw Error(ErrorCode::kIo, fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)),
                "build the images again: bench prepare");
  }
  return status;
}

}  // namespace

std::int64_t allocated_file_bytes(const std::string& path) {
  return static_cast<std::int64_t>(status_of(path).st_blocks) * 512;
}

SizeMemory::SizeMemory(const ImageSet& images, const std::string& what, const std::vector<fs::path>& files,
                       const std::string& method)
    : place_(images.dir / ("size-" + what + ".json")), stamp_(method) {
  for (const auto& file : files) {
    if (file.empty()) continue;
    const struct stat status = status_of(file);
    stamp_ += fmt::format(" {} {} {}.{:09}", file.filename().string(), status.st_size, status.st_mtim.tv_sec,
                          status.st_mtim.tv_nsec);
  }
}

std::optional<ImageSize> SizeMemory::recall() const {
  std::ifstream file(place_);
  if (!file) return std::nullopt;
  const Json json = Json::parse(file, nullptr, false);
  try {
    if (!json.is_object() || json.at("of") != stamp_) return std::nullopt;
    ImageSize size;
    size.transfer = json.at("transfer");
    size.disk = json.at("disk");
    size.unpacked = json.at("virtual");
    size.unique = json.at("unique");
    size.layers = json.at("layers");
    for (const auto& row : json.at("marginal")) size.marginal.emplace_back(row.at(0), row.at(1));
    size.slim_transfer = json.at("slim_transfer");
    size.slim_disk = json.at("slim_disk");
    for (std::size_t i = 0; i < kCategories; ++i) {
      size.parts.at(i) = json.at("parts").at(std::string(category_name(static_cast<Category>(i))));
    }
    size.notes = json.at("notes").get<std::map<std::string, std::string>>();
    return size;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // another version's
  }
}

void SizeMemory::keep(const ImageSize& size) const {
  Json json = {{"of", stamp_},
               {"transfer", size.transfer},
               {"disk", size.disk},
               {"virtual", size.unpacked},
               {"unique", size.unique},
               {"layers", size.layers},
               {"marginal", Json::array()},
               {"slim_transfer", size.slim_transfer},
               {"slim_disk", size.slim_disk},
               {"parts", Json::object()},
               {"notes", size.notes}};
  for (const auto& [number, bytes] : size.marginal) json["marginal"].push_back({number, bytes});
  for (std::size_t i = 0; i < kCategories; ++i) {
    json["parts"][std::string(category_name(static_cast<Category>(i)))] = size.parts.at(i);
  }
  write_file_atomically(place_, json.dump(2) + "\n");
}

}  // namespace bench
