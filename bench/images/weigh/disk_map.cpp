#include "bench/images/weigh/disk_map.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"

namespace bench {

using nlohmann::json;

namespace {

json parse(std::string_view text, const char* program) {
  json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) {
    throw Error(ErrorCode::kEngine, std::string(program) + " did not answer in JSON");
  }
  return parsed;
}

/// What `read` makes of the answer; one of another shape is the program's failure.
template <typename Read>
auto fields_of(const char* program, Read read) {
  try {
    return read();
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kEngine, std::string(program) + " answered something else: " + error.what(),
                std::string("check the version of ") + program);
  }
}

}  // namespace

std::vector<Extent> parse_stored_extents(std::string_view text) {
  const json rows = parse(text, "qemu-img map");
  return fields_of("qemu-img map", [&] {
    std::vector<Extent> result;
    for (const auto& row : rows) {
      if (!row.at("data").get<bool>()) continue;
      result.push_back({row.at("start").get<std::int64_t>(), row.at("length").get<std::int64_t>()});
    }
    return result;
  });
}

std::vector<Partition> parse_partitions(std::string_view text) {
  const json whole = parse(text, "sfdisk");
  return fields_of("sfdisk", [&] {
    const json& table = whole.at("partitiontable");
    const std::int64_t sector = table.value("sectorsize", 512);
    std::vector<Partition> result;
    for (const auto& row : table.value("partitions", json::array())) {
      Partition partition;
      partition.begin = row.at("start").get<std::int64_t>() * sector;
      partition.bytes = row.at("size").get<std::int64_t>() * sector;
      partition.efi_system = row.at("type") == "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
      result.push_back(partition);
    }
    return result;
  });
}

std::int64_t stored_bytes(const std::vector<Extent>& stored, const Extent& part) {
  std::int64_t bytes = 0;
  // The first that does not end before the part begins.
  auto it = std::partition_point(stored.begin(), stored.end(),
                                 [&](const Extent& extent) { return extent.end() <= part.begin; });
  for (; it != stored.end() && it->begin < part.end(); ++it) {
    bytes += std::min(it->end(), part.end()) - std::max(it->begin, part.begin);
  }
  return bytes;
}

std::vector<Extent> stored_extents(const std::filesystem::path& image, std::stop_token stop) {
  return parse_stored_extents(
      check_command({"qemu-img", "map", "--output=json", image.string()}, {}, std::move(stop)));
}

std::int64_t virtual_bytes(const std::filesystem::path& image, std::stop_token stop) {
  const json info =
      parse(check_command({"qemu-img", "info", "--output=json", image.string()}, {}, std::move(stop)),
            "qemu-img info");
  return fields_of("qemu-img info", [&] { return info.at("virtual-size").get<std::int64_t>(); });
}

std::vector<Partition> partitions(const std::filesystem::path& raw, std::stop_token stop) {
  return parse_partitions(check_command({"sfdisk", "--json", raw.string()}, {}, std::move(stop)));
}

}  // namespace bench
