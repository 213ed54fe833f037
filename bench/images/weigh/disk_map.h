#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A part of a disk, in bytes of what the guest sees.
struct Extent {
  std::int64_t begin = 0, bytes = 0;
  [[nodiscard]] std::int64_t end() const { return begin + bytes; }
};

struct Partition : Extent {
  bool efi_system = false;
};

/// What of the guest's disk the image file stores, from the JSON of `qemu-img map`; in order.
std::vector<Extent> parse_stored_extents(std::string_view json);
/// From the JSON of `sfdisk --json`.
std::vector<Partition> parse_partitions(std::string_view json);

/// Bytes of `part` that are stored.
std::int64_t stored_bytes(const std::vector<Extent>& stored, const Extent& part);

/// Asks qemu-img. Throws Error{kEngine} with its words.
std::vector<Extent> stored_extents(const std::filesystem::path& image, std::stop_token stop);
std::int64_t virtual_bytes(const std::filesystem::path& image, std::stop_token stop);
std::vector<Partition> partitions(const std::filesystem::path& raw, std::stop_token stop);

}  // namespace bench
