#include "unit/oci/made_image.h"

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <stdexcept>

#include "bench/base/files.h"
#include "bench/images/build/sha256.h"

namespace bench::test {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

la_ssize_t append_bytes(struct archive*, void* text, const void* bytes, std::size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void good(struct archive* archive, int result) {
  if (result < ARCHIVE_WARN) throw std::runtime_error(archive_error_string(archive));
}

void add_entry(struct archive* archive, const TarEntry& made) {
  struct archive_entry* entry = archive_entry_new();
  archive_entry_copy_pathname(entry, made.path.c_str());
  archive_entry_set_mode(entry, made.mode);
  archive_entry_set_uid(entry, made.uid);
  archive_entry_set_gid(entry, made.gid);
  archive_entry_set_mtime(entry, 1700000000, 0);
  archive_entry_set_rdev(entry, made.device);
  std::string content;
  if (!made.hard.empty()) {
    archive_entry_copy_hardlink(entry, made.hard.c_str());
  } else if (S_ISLNK(made.mode)) {
    archive_entry_copy_symlink(entry, made.content.c_str());
  } else {
    content = made.content;
  }
  const auto size = static_cast<std::int64_t>(content.size());
  archive_entry_set_size(entry, made.hole + size);
  if (made.hole > 0) archive_entry_sparse_add_entry(entry, made.hole, size);
  for (const auto& [name, value] : made.xattrs) {
    archive_entry_xattr_add_entry(entry, name.c_str(), value.data(), value.size());
  }
  good(archive, archive_write_header(archive, entry));
  if (made.hole > 0) content.insert(0, static_cast<std::size_t>(made.hole), '\0');
  if (!content.empty() && archive_write_data(archive, content.data(), content.size()) < 0) good(archive, -30);
  archive_entry_free(entry);
}

}  // namespace

TarEntry directory_entry(const std::string& path, mode_t mode) {
  TarEntry entry;
  entry.path = path;
  entry.mode = S_IFDIR | mode;
  return entry;
}

TarEntry file_entry(const std::string& path, const std::string& content, mode_t mode) {
  TarEntry entry;
  entry.path = path;
  entry.mode = S_IFREG | mode;
  entry.content = content;
  return entry;
}

TarEntry link_entry(const std::string& path, const std::string& target) {
  TarEntry entry;
  entry.path = path;
  entry.mode = S_IFLNK | 0777;
  entry.content = target;
  return entry;
}

TarEntry hard_entry(const std::string& path, const std::string& target, mode_t mode) {
  TarEntry entry;
  entry.path = path;
  entry.mode = S_IFREG | mode;
  entry.hard = target;
  return entry;
}

std::string tar_of(const std::vector<TarEntry>& entries) {
  std::string tar;
  struct archive* archive = archive_write_new();
  archive_write_set_format_pax(archive);
  archive_write_set_bytes_per_block(archive, 0);
  good(archive, archive_write_open2(archive, &tar, nullptr, append_bytes, nullptr, nullptr));
  for (const TarEntry& entry : entries) add_entry(archive, entry);
  good(archive, archive_write_close(archive));
  archive_write_free(archive);
  return tar;
}

std::string packed(const std::string& bytes, const std::string& how) {
  if (how.empty()) return bytes;
  std::string result;
  struct archive* archive = archive_write_new();
  archive_write_set_format_raw(archive);
  good(archive, archive_write_add_filter_by_name(archive, how.c_str()));
  archive_write_set_bytes_per_block(archive, 0);
  good(archive, archive_write_open2(archive, &result, nullptr, append_bytes, nullptr, nullptr));
  add_entry(archive, file_entry("data", bytes));
  good(archive, archive_write_close(archive));
  archive_write_free(archive);
  return result;
}

std::string digest_of(const std::string& bytes) {
  return "sha256:" + Sha256().add(bytes).hex();
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

MadeImage::MadeImage(std::vector<std::string> layers, json platform)
    : config(std::move(platform)), layers_(std::move(layers)) {
  config["rootfs"] = {{"type", "layers"}, {"diff_ids", json::array()}};
  for (const std::string& layer : layers_) config["rootfs"]["diff_ids"].push_back(digest_of(layer));
}

json MadeImage::add_to_layout(const fs::path& dir, const json& platform) const {
  const auto blob = [&](const std::string& bytes, const std::string& type) {
    const std::string digest = digest_of(bytes);
    write_bytes(dir / "blobs/sha256" / digest.substr(7), bytes);
    json descriptor = {{"digest", digest}, {"size", bytes.size()}};
    if (!media_types.empty()) descriptor["mediaType"] = "application/vnd.oci.image." + type;
    return descriptor;
  };
  json manifest = {{"schemaVersion", 2}, {"config", blob(config.dump(), "config.v1+json")}};
  manifest["layers"] = json::array();
  for (const std::string& layer : layers_) {
    manifest["layers"].push_back(
        blob(packed(layer, packing), packing.empty() ? "layer.v1.tar" : "layer.v1.tar+" + packing));
  }
  json entry = blob(manifest.dump(), "manifest.v1+json");
  if (!platform.is_null()) entry["platform"] = platform;
  return entry;
}

void MadeImage::write_layout(const fs::path& dir, const std::string& tag) const {
  json entry = add_to_layout(dir);
  entry["annotations"] = {{"org.opencontainers.image.ref.name", tag}};
  write_index(dir, {entry});
}

void MadeImage::write_docker_archive(const fs::path& file, const std::string& name) const {
  const std::string configuration = config.dump();
  json manifest = {{"Config", digest_of(configuration).substr(7) + ".json"},
                   {"RepoTags", {name}},
                   {"Layers", json::array()}};
  std::vector<TarEntry> entries;
  std::map<std::string, std::string> written;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::string path = "layer" + std::to_string(i) + "/layer.tar";
    manifest["Layers"].push_back(path);
    const std::string& first = written.try_emplace(layers_[i], path).first->second;
    entries.push_back(first == path ? file_entry(path, layers_[i]) : link_entry(path, "../" + first));
  }
  entries.push_back(file_entry(manifest["Config"], configuration));
  entries.push_back(file_entry("manifest.json", json::array({manifest}).dump()));
  write_bytes(file, tar_of(entries));
}

void write_index(const fs::path& dir, const std::vector<json>& manifests) {
  write_bytes(dir / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  write_bytes(dir / "index.json", json{{"schemaVersion", 2}, {"manifests", manifests}}.dump());
}

void write_archive(const fs::path& dir, const fs::path& file, const std::string& how) {
  std::vector<TarEntry> entries;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    entries.push_back(
        file_entry("./" + fs::relative(entry.path(), dir).string(), file_bytes(entry.path()).value()));
  }
  write_bytes(file, packed(tar_of(entries), how));
}

}  // namespace bench::test
