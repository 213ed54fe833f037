#include "bench/images/oci/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bench/base/error.h"
#include "bench/images/oci/confined.h"
#include "bench/images/oci/tar_input.h"
#include "bench/images/oci/tree_writer.h"
#include "bench/images/tree/xattrs.h"

namespace bench {

namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kWhiteoutMeta = ".wh..wh.";  // of aufs: nothing of the image
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr mode_t kPermissions = 07777;

/// libarchive converts names into the locale's encoding; in the C locale it leaves their bytes alone.
class NamesAreBytes {
 public:
  NamesAreBytes() : locale_(newlocale(LC_ALL_MASK, "C", nullptr)), before_(uselocale(locale_)) {}
  NamesAreBytes(const NamesAreBytes&) = delete;
  NamesAreBytes& operator=(const NamesAreBytes&) = delete;
  ~NamesAreBytes() {
    uselocale(before_);
    freelocale(locale_);
  }

 private:
  locale_t locale_, before_;
};

FileFacts facts_of(struct archive_entry* entry) {
  FileFacts facts;
  facts.mode = archive_entry_perm(entry) & kPermissions;
  facts.uid = static_cast<uid_t>(archive_entry_uid(entry));
  facts.gid = static_cast<gid_t>(archive_entry_gid(entry));
  facts.modified.tv_sec = archive_entry_mtime(entry);
  facts.modified.tv_nsec = archive_entry_mtime_nsec(entry);
  archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
    if (xattr_of_image(name)) facts.xattrs[name] = std::string(static_cast<const char*>(value), size);
  }
  return facts;
}

void write_at(int fd, std::string_view bytes, std::int64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(fd, bytes.data(), bytes.size(), offset);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot write /{} of the image: {}", path, std::strerror(errno)));
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += put;
  }
}

/// Applies one layer's entries to a tree.
class LayerWriter {
 public:
  LayerWriter(TarInput& tar, TreeWriter& tree, std::stop_token stop)
      : tar_(tar), tree_(tree), stop_(std::move(stop)) {}

  void write_all() {
    tree_.begin_layer();
    while (struct archive_entry* entry = tar_.next()) {
      require_going_on();
      write(entry);
    }
    tree_.end_layer();
  }

 private:
  void require_going_on() const {
    if (stop_.stop_requested())
      throw Error(ErrorCode::kInterrupted, "interrupted while an image was unpacked");
  }

  void write(struct archive_entry* entry) {
    const char* raw = archive_entry_pathname(entry);
    if (raw == nullptr) throw Error(ErrorCode::kUsage, "a layer of the image has an entry without a name");
    const std::string path = path_below_top(raw, "an entry of a layer");
    const auto [parent, name] = split_path(path);
    if (name == kOpaque) return tree_.opaque(parent);
    if (name.starts_with(kWhiteoutMeta) || (parent + "/").find("/.wh..wh.") != std::string::npos ||
        parent.starts_with(kWhiteoutMeta)) {
      return;
    }
    if (name.starts_with(kWhiteout)) return whiteout(parent, name.substr(kWhiteout.size()));
    write_file(entry, path);
  }

  void whiteout(const std::string& parent, const std::string& name) {
    if (name.empty() || name == "." || name == "..") {
      throw Error(ErrorCode::kUsage,
                  fmt::format("a whiteout of a layer names no file: /{}/.wh.{}", parent, name),
                  "no engine takes such an image: build it again");
    }
    tree_.whiteout(parent.empty() ? name : parent + "/" + name);
  }

  void write_file(struct archive_entry* entry, const std::string& path) {
    const FileFacts facts = facts_of(entry);
    if (const char* target = archive_entry_hardlink(entry)) {
      return tree_.hard_link(path, path_below_top(target, "a link of a layer"), facts);
    }
    switch (archive_entry_filetype(entry)) {
      case AE_IFREG:
        return write_content(entry, path, facts);
      case AE_IFDIR:
        return path.empty() ? tree_.root(facts) : tree_.directory(path, facts);
      case AE_IFLNK:
        return write_link(archive_entry_symlink(entry), path, facts);
      case AE_IFIFO:
        return tree_.node(path, S_IFIFO, 0, facts);
      case AE_IFCHR:
        return tree_.node(path, S_IFCHR, archive_entry_rdev(entry), facts);
      case AE_IFBLK:
        return tree_.node(path, S_IFBLK, archive_entry_rdev(entry), facts);
      default:
        throw Error(ErrorCode::kUsage, fmt::format("a layer of the image has /{} of an unknown kind", path));
    }
  }

  void write_link(const char* target, const std::string& path, const FileFacts& facts) {
    if (target == nullptr || *target == '\0') {
      throw Error(ErrorCode::kUsage, fmt::format("the link /{} of a layer leads nowhere", path));
    }
    tree_.symlink(path, target, facts);
  }

  void write_content(struct archive_entry* entry, const std::string& path, const FileFacts& facts) {
    const std::int64_t size = archive_entry_size(entry);
    tree_.file(path, facts, [&](int fd) {
      TarInput::Block block;
      while (tar_.next_block(block)) {
        require_going_on();
        write_at(fd, block.bytes, block.offset, path);
      }
      // A hole at the end is in no block.
      if (ftruncate(fd, size) != 0) write_at(fd, " ", size, path);
    });
  }

  TarInput& tar_;
  TreeWriter& tree_;
  std::stop_token stop_;
};

void require_digest(const std::string& what, const std::string& is, const std::string& expected) {
  if (expected.empty() || is == expected) return;
  throw Error(ErrorCode::kUsage, fmt::format("{} has the digest {} instead of {}", what, is, expected),
              "the image is damaged: save it again");
}

/// Passes on what another owner holds.
class Borrowed final : public ByteStream {
 public:
  explicit Borrowed(ByteStream& stream) : stream_(stream) {}
  std::size_t read(char* to, std::size_t size) override { return stream_.read(to, size); }

 private:
  ByteStream& stream_;
};

void unpack_layer(const OciImage& image, const OciLayer& layer, TreeWriter& tree, std::stop_token stop) {
  const std::string what = fmt::format("the layer {} of {}", layer.blob, image.blobs->place());
  HashedStream stored(image.blobs->open(layer.blob));
  HashedStream plain(std::make_unique<UnpackedStream>(std::make_unique<Borrowed>(stored), what));
  TarInput tar(std::make_unique<Borrowed>(plain), what);
  LayerWriter(tar, tree, std::move(stop)).write_all();
  require_digest("what " + what + " unpacks to", plain.digest(), layer.diff_id);
  require_digest(what, stored.digest(), layer.digest);
}

}  // namespace

void unpack(const OciImage& image, const std::filesystem::path& dir, std::stop_token stop) {
  const NamesAreBytes names;
  TreeWriter tree(dir.string());
  FileFacts top;
  top.mode = 0755;
  tree.root(top);
  for (const OciLayer& layer : image.layers) unpack_layer(image, layer, tree, stop);
}

}  // namespace bench
