#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace bench {

/// Bytes that come one after the other.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;
  /// At most `size` bytes; 0 at the end. Throws Error{kIo, kUsage}.
  virtual std::size_t read(char* to, std::size_t size) = 0;
  /// Passes over at most so many bytes without reading them; how many it were: 0 where that cannot be done.
  virtual std::int64_t skip(std::int64_t) { return 0; }
};

/// The named files that an image consists of: those of a directory or of a tar file.
class Blobs {
 public:
  Blobs() = default;
  Blobs(const Blobs&) = delete;
  Blobs& operator=(const Blobs&) = delete;
  virtual ~Blobs() = default;
  /// Bytes; nothing when there is no such file.
  [[nodiscard]] virtual std::optional<std::int64_t> size(const std::string& name) const = 0;
  /// Throws Error{kUsage} when there is no such file.
  [[nodiscard]] virtual std::unique_ptr<ByteStream> open(const std::string& name) const = 0;
  /// The file or directory, for messages.
  [[nodiscard]] virtual std::string place() const = 0;
};

/// Reads no name outside the directory, whatever links lie in it. Throws Error{kUsage} without one.
std::unique_ptr<Blobs> open_blob_directory(const std::filesystem::path& dir);

/// Reads the tar's list of names once; a blob is then found at its place. A tar that is itself compressed is
/// unpacked first, into a nameless file in the directory for temporary files. Throws Error{kUsage} when it is
/// no tar.
std::unique_ptr<Blobs> open_blob_archive(const std::filesystem::path& file);

/// All of a small blob, such as a manifest. Throws Error{kUsage} when it has more than 16 MiB.
std::string blob_text(const Blobs& blobs, const std::string& name);

}  // namespace bench
