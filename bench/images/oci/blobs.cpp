#include "bench/images/oci/blobs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/images/oci/confined.h"
#include "bench/images/oci/tar_input.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostText = 16 << 20;
constexpr int kMostLinks = 8;

Error no_such_blob(const std::string& place, const std::string& name) {
  return {ErrorCode::kUsage, fmt::format("{} has no {}", place, name),
          "the image is not complete: save it again"};
}

class FileStream final : public ByteStream {
 public:
  FileStream(Fd file, std::string place) : file_(std::move(file)), place_(std::move(place)) {}
  std::size_t read(char* to, std::size_t size) override {
    while (true) {
      const ssize_t got = ::read(file_.get(), to, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR)
        throw Error(ErrorCode::kIo, fmt::format("cannot read {}: {}", place_, std::strerror(errno)));
    }
  }
  std::int64_t skip(std::int64_t bytes) override {
    struct stat status {};
    const off_t at = lseek(file_.get(), 0, SEEK_CUR);
    if (at < 0 || fstat(file_.get(), &status) != 0) return 0;
    // Not beyond the end: a file that was cut off shall be noticed.
    const std::int64_t step = std::max<std::int64_t>(0, std::min<std::int64_t>(bytes, status.st_size - at));
    return lseek(file_.get(), step, SEEK_CUR) < 0 ? 0 : step;
  }

 private:
  Fd file_;
  std::string place_;
};

class BlobDirectory final : public Blobs {
 public:
  explicit BlobDirectory(fs::path dir) : dir_(std::move(dir)) {
    root_.reset(::open(dir_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root_.open()) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("cannot open the image directory {}: {}", dir_.string(), std::strerror(errno)));
    }
  }
  [[nodiscard]] std::optional<std::int64_t> size(const std::string& name) const override {
    const Fd file = open_in_root(root_.get(), name, O_PATH);
    struct stat status {};
    if (!file.open() || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return status.st_size;
  }
  [[nodiscard]] std::unique_ptr<ByteStream> open(const std::string& name) const override {
    if (!size(name)) throw no_such_blob(place(), name);
    Fd file = open_in_root(root_.get(), name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file.open()) {
      throw Error(ErrorCode::kIo, fmt::format("cannot read {}/{}: {}", place(), name, std::strerror(errno)));
    }
    return std::make_unique<FileStream>(std::move(file), place() + "/" + name);
  }
  [[nodiscard]] std::string place() const override { return dir_.string(); }

 private:
  fs::path dir_;
  Fd root_;
};

/// One member of a tar, from where its header begins.
class MemberStream final : public ByteStream {
 public:
  MemberStream(Fd file, const std::string& place)
      : tar_(std::make_unique<FileStream>(std::move(file), place), place) {
    if (tar_.next() == nullptr) throw Error(ErrorCode::kIo, place + " was changed while it was read");
  }
  std::size_t read(char* to, std::size_t size) override { return tar_.read(to, size); }

 private:
  TarInput tar_;
};

class BlobArchive final : public Blobs {
 public:
  explicit BlobArchive(fs::path path) : path_(std::move(path)) {
    file_.reset(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!file_.open() || fstat(file_.get(), &status) != 0) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("cannot open the image {}: {}", path_.string(), std::strerror(errno)));
    }
    if (!S_ISREG(status.st_mode)) {
      throw Error(ErrorCode::kUsage, fmt::format("the image {} is no plain file", path_.string()),
                  "give a directory as oci:DIR");
    }
    if (is_compressed()) unpack_all();
    list();
  }
  [[nodiscard]] std::optional<std::int64_t> size(const std::string& name) const override {
    const Member* member = find(name);
    if (member == nullptr) return std::nullopt;
    return member->bytes;
  }
  [[nodiscard]] std::unique_ptr<ByteStream> open(const std::string& name) const override {
    const Member* member = find(name);
    if (member == nullptr) throw no_such_blob(place(), name);
    return std::make_unique<MemberStream>(from(member->header), place());
  }
  [[nodiscard]] std::string place() const override { return path_.string(); }

 private:
  struct Member {
    std::int64_t header = 0;
    std::int64_t bytes = 0;
    std::string link;  ///< the other member that has the bytes: Docker writes equal layers once
  };

  /// A descriptor with an offset of its own, although the name may be gone.
  [[nodiscard]] Fd from(std::int64_t offset) const {
    Fd file(::open(fmt::format("/proc/self/fd/{}", file_.get()).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open() || lseek(file.get(), offset, SEEK_SET) != offset) {
      throw Error(ErrorCode::kIo, fmt::format("cannot read {}: {}", place(), std::strerror(errno)));
    }
    return file;
  }

  [[nodiscard]] bool is_compressed() const {
    char magic[6] = {};
    return pread(file_.get(), magic, sizeof magic, 0) == sizeof magic &&
           looks_compressed({magic, sizeof magic});
  }

  void unpack_all() {
    Fd plain(::open(fs::temp_directory_path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!plain.open()) {
      throw Error(ErrorCode::kIo, fmt::format("cannot unpack {} in {}: {}", place(),
                                              fs::temp_directory_path().string(), std::strerror(errno)));
    }
    UnpackedStream stream(std::make_unique<FileStream>(from(0), place()), place());
    std::vector<char> buffer(256 * 1024);
    while (const std::size_t got = stream.read(buffer.data(), buffer.size())) {
      for (std::size_t done = 0; done < got;) {
        const ssize_t put = write(plain.get(), buffer.data() + done, got - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
          throw Error(ErrorCode::kIo,
                      fmt::format("cannot unpack {} in {}: {}", place(), fs::temp_directory_path().string(),
                                  std::strerror(errno)),
                      "unpack it yourself, or let TMPDIR name a larger disk");
        }
        done += static_cast<std::size_t>(put);
      }
    }
    file_ = std::move(plain);
  }

  void list() {
    TarInput tar(std::make_unique<FileStream>(from(0), place()), place());
    while (struct archive_entry* entry = tar.next()) {
      Member member;
      member.header = tar.header_position();
      member.bytes = archive_entry_size(entry);
      const std::string name = path_below_top(archive_entry_pathname(entry), "a name in " + place());
      if (const char* hard = archive_entry_hardlink(entry)) {
        member.link = path_below_top(hard, "a link in " + place());
      } else if (archive_entry_filetype(entry) == AE_IFLNK) {
        const std::string target = archive_entry_symlink(entry);
        member.link = path_below_top(split_path(name).parent + "/" + target, "a link in " + place());
      } else if (archive_entry_filetype(entry) != AE_IFREG) {
        continue;
      }
      members_[name] = std::move(member);
    }
  }

  [[nodiscard]] const Member* find(std::string name) const {
    for (int links = 0; links <= kMostLinks; ++links) {
      const auto found = members_.find(name);
      if (found == members_.end()) return nullptr;
      if (found->second.link.empty()) return &found->second;
      name = found->second.link;
    }
    return nullptr;
  }

  fs::path path_;
  Fd file_;
  std::map<std::string, Member> members_;
};

}  // namespace

std::unique_ptr<Blobs> open_blob_directory(const fs::path& dir) {
  return std::make_unique<BlobDirectory>(dir);
}

std::unique_ptr<Blobs> open_blob_archive(const fs::path& file) {
  return std::make_unique<BlobArchive>(file);
}

std::string blob_text(const Blobs& blobs, const std::string& name) {
  const auto stream = blobs.open(name);
  std::string text;
  std::vector<char> buffer(64 * 1024);
  while (const std::size_t got = stream->read(buffer.data(), buffer.size())) {
    text.append(buffer.data(), got);
    if (text.size() > static_cast<std::size_t>(kMostText)) {
      throw Error(ErrorCode::kUsage, fmt::format("{} of {} is too large for what it is", name, blobs.place()),
                  "a manifest or a configuration has at most 16 MiB");
    }
  }
  return text;
}

}  // namespace bench
