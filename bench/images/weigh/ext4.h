#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// A file of an ext2/3/4 file system and the blocks that hold it.
struct Ext4File {
  std::string path;  ///< relative to the top; "" is the top itself
  char kind = 'f';   ///< 'f'ile, 'd'irectory, 'l'ink, 'o'ther
  std::int64_t bytes = 0;
  std::vector<std::uint64_t> blocks;  ///< with those of its extent tree and attributes; holes are absent
};

/// Reads a file system in a raw image without mounting it. Throws Error{kCorrupt} when it is none.
class Ext4 {
 public:
  Ext4(const std::filesystem::path& image, std::int64_t offset);
  ~Ext4();
  Ext4(const Ext4&) = delete;
  Ext4& operator=(const Ext4&) = delete;

  [[nodiscard]] std::int64_t block_bytes() const;
  [[nodiscard]] std::uint64_t block_count() const;

  /// Every file once, by the first of its names; directories before what is in them.
  void walk(const std::function<void(const Ext4File&)>& each) const;
  /// Nothing when there is no such file.
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bench
