#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace bench::test {

/// cap_net_bind_service, as the kernel stores it.
inline const std::string kCapability("\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

/// An entry of a tar, of any kind.
struct TarEntry {
  std::string path;
  mode_t mode = S_IFREG | 0644;
  std::string content;  ///< of a file; of a link its target
  std::string hard;     ///< a hard link's target
  std::int64_t uid = 0, gid = 0;
  dev_t device = 0;
  std::map<std::string, std::string> xattrs;
  std::int64_t hole = 0;  ///< bytes of a hole before the content
};

TarEntry directory_entry(const std::string& path, mode_t mode = 0755);
TarEntry file_entry(const std::string& path, const std::string& content, mode_t mode = 0644);
TarEntry link_entry(const std::string& path, const std::string& target);
TarEntry hard_entry(const std::string& path, const std::string& target, mode_t mode = 0644);

/// A tar of these, made by libarchive (pax).
std::string tar_of(const std::vector<TarEntry>& entries);

/// Bytes as "gzip" or "zstd" packs them; "" leaves them alone.
std::string packed(const std::string& bytes, const std::string& how);

std::string digest_of(const std::string& bytes);
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

/// Images are made of layers (their tars) in each of the ways that tools write them.
class MadeImage {
 public:
  explicit MadeImage(std::vector<std::string> layers, nlohmann::json platform = {{"os", "linux"}});
  nlohmann::json config;            ///< of the image; may be changed before it is written
  std::string packing = "gzip";     ///< of a layout's layers
  std::string media_types = "oci";  ///< "" for none, which is legal

  /// Blobs into DIR; its manifest as an entry of an index.
  nlohmann::json add_to_layout(const std::filesystem::path& dir,
                               const nlohmann::json& platform = nullptr) const;
  /// A whole layout with this one image.
  void write_layout(const std::filesystem::path& dir, const std::string& tag = "latest") const;
  /// As Docker before version 25 writes it.
  void write_docker_archive(const std::filesystem::path& file, const std::string& name = "made:1") const;

 private:
  std::vector<std::string> layers_;
};

void write_index(const std::filesystem::path& dir, const std::vector<nlohmann::json>& manifests);
/// All files of a directory as one tar, packed on request.
void write_archive(const std::filesystem::path& dir, const std::filesystem::path& file,
                   const std::string& how = "");

}  // namespace bench::test
