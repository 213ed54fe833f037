#include "bench/images/weigh/layers.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>

#include "bench/base/error.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kBlock = 4096;
constexpr std::int64_t kInlineLink = 59;  // of ext4: in the inode itself
constexpr std::size_t kReadAtOnce = 1024 * 1024;

enum class As { kTar, kOneFile };

/// Of a tar, or of one file; packed or plain.
class TarReader {
 public:
  explicit TarReader(const fs::path& path, As as = As::kTar) : path_(path), archive_(archive_read_new()) {
    if (as == As::kTar) {
      archive_read_support_format_tar(archive_.get());
    } else {
      archive_read_support_format_raw(archive_.get());
    }
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_filter_zstd(archive_.get());
    check(archive_read_open_filename(archive_.get(), path.c_str(), kReadAtOnce));
  }

  [[nodiscard]] bool packed() const { return archive_filter_count(archive_.get()) > 1; }

  struct archive_entry* next() {
    struct archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive_.get(), &entry);
    if (result == ARCHIVE_EOF) return nullptr;
    if (result != ARCHIVE_WARN) check(result);
    return entry;
  }

  /// The current entry's content, piece by piece.
  void content(const std::function<void(std::string_view)>& take) {
    std::vector<char> buffer(kReadAtOnce);
    while (true) {
      const la_ssize_t got = archive_read_data(archive_.get(), buffer.data(), buffer.size());
      if (got < 0) check(ARCHIVE_FATAL);
      if (got == 0) return;
      take({buffer.data(), static_cast<std::size_t>(got)});
    }
  }

 private:
  void check(int result) {
    if (result == ARCHIVE_OK) return;
    const char* why = archive_error_string(archive_.get());
    throw Error(ErrorCode::kCorrupt,
                fmt::format("cannot read {}: {}", path_.string(), why != nullptr ? why : "unknown error"),
                "build the image again: bench prepare --rebuild");
  }

  struct Free {
    void operator()(struct archive* a) const { archive_read_free(a); }
  };
  fs::path path_;
  std::unique_ptr<struct archive, Free> archive_;
};

LayerEntry describe(struct archive_entry* entry) {
  LayerEntry result;
  result.path = archive_entry_pathname(entry);
  result.modified = archive_entry_mtime(entry);
  result.bytes = archive_entry_size(entry);
  if (archive_entry_hardlink(entry) != nullptr) {
    result.kind = 'h';
    result.bytes = 0;
    return result;
  }
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      result.kind = 'f';
      break;
    case AE_IFDIR:
      result.kind = 'd';
      break;
    case AE_IFLNK:
      result.kind = 'l';
      result.bytes = static_cast<std::int64_t>(std::string_view(archive_entry_symlink(entry)).size());
      break;
    default:
      result.kind = 'o';
      break;
  }
  return result;
}

void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while reading an image");
}

}  // namespace

std::int64_t allocated_bytes(const LayerEntry& entry) {
  switch (entry.kind) {
    case 'f':
      return (entry.bytes + kBlock - 1) / kBlock * kBlock;
    case 'd':
      return kBlock;
    case 'l':
      return entry.bytes > kInlineLink ? kBlock : 0;
    default:
      return 0;
  }
}

void read_layer(const fs::path& tar,
                const std::function<void(const LayerEntry&, const std::string& content)>& each,
                const std::function<bool(const LayerEntry&)>& wants, std::stop_token stop) {
  TarReader reader(tar);
  while (struct archive_entry* raw = reader.next()) {
    throw_if_stopped(stop);
    const LayerEntry entry = describe(raw);
    std::string content;
    if (entry.kind == 'f' && wants && wants(entry)) {
      reader.content([&](std::string_view piece) { content += piece; });
    }
    each(entry, content);
  }
}

namespace {

/// A layer may be stored as a registry sends it; what is counted are its files.
void decompress(const fs::path& layer, const std::stop_token& stop) {
  const fs::path plain = layer.string() + ".plain";
  {
    TarReader reader(layer, As::kOneFile);
    if (reader.next() == nullptr || !reader.packed()) return;
    std::ofstream out(plain, std::ios::binary);
    reader.content([&](std::string_view piece) {
      throw_if_stopped(stop);
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    });
    out.close();
    if (!out)
      throw Error(ErrorCode::kIo, "cannot write " + plain.string(), "free some space on that file system");
  }
  fs::rename(plain, layer);
}

}  // namespace

std::vector<fs::path> extract_layers(const ContainerImage& image, const fs::path& to, std::stop_token stop) {
  std::map<std::string, std::vector<fs::path>> wanted;  // an image may hold one layer twice
  std::vector<fs::path> result;
  for (const Layer& layer : image.layers) {
    result.push_back(to / fmt::format("{}.tar", result.size()));
    wanted[layer.member.empty() ? layer.diff_id.substr(layer.diff_id.find(':') + 1) + "/layer.tar"
                                : layer.member]
        .push_back(result.back());
  }
  TarReader reader(image.archive);
  std::size_t found = 0;
  while (struct archive_entry* entry = reader.next()) {
    const auto layer = wanted.find(archive_entry_pathname(entry));
    if (layer == wanted.end()) continue;
    const fs::path& first = layer->second.front();
    std::ofstream out(first, std::ios::binary);
    reader.content([&](std::string_view piece) {
      throw_if_stopped(stop);
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    });
    out.close();
    if (!out)
      throw Error(ErrorCode::kIo, "cannot write " + first.string(), "free some space on that file system");
    decompress(first, stop);
    for (std::size_t i = 1; i < layer->second.size(); ++i) fs::copy_file(first, layer->second[i]);
    ++found;
  }
  if (found != wanted.size()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{} holds {} of {} layers", image.archive.string(), found, wanted.size()),
                "build the image again: bench prepare --rebuild");
  }
  return result;
}

}  // namespace bench
