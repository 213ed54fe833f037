#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/images/build/sha256.h"
#include "bench/images/oci/blobs.h"

struct archive;
struct archive_entry;

namespace bench {

struct FreeArchive {
  void operator()(struct archive* archive) const;
};

/// A stream in libarchive's hands. What the stream throws passes libarchive and comes out at check().
class ArchiveSource {
 public:
  ArchiveSource(std::unique_ptr<ByteStream> source, std::string place);
  ArchiveSource(const ArchiveSource&) = delete;
  ArchiveSource& operator=(const ArchiveSource&) = delete;

  [[nodiscard]] struct archive* get() const { return archive_.get(); }
  /// Begins, after the formats have been named.
  void open();
  /// Throws what the stream threw, or Error{kUsage} with libarchive's words, unless `result` is good.
  void check(int result);
  [[nodiscard]] const std::string& place() const { return place_; }
  /// Bytes that the stream has given so far.
  [[nodiscard]] std::int64_t given() const { return given_; }
  /// A tar whose maker left out the last block's padding gets it.
  void pad_to_blocks() { pads_ = true; }

 private:
  static long read_more(struct archive* archive, void* self, const void** buffer);
  static std::int64_t skip_some(struct archive* archive, void* self, std::int64_t bytes);
  std::size_t fill();

  std::unique_ptr<ByteStream> source_;
  std::string place_;
  std::vector<char> buffer_;
  std::int64_t given_ = 0;
  bool pads_ = false;
  std::exception_ptr thrown_;
  std::unique_ptr<struct archive, FreeArchive> archive_;
};

/// The members of a tar: ustar, pax and GNU, sparse ones too. Names are bytes in no encoding.
///
/// Some tools end a tar with the last member's data, without padding and end-of-archive blocks; engines take
/// that, and so does this. A tar that ends within a member is refused.
class TarInput {
 public:
  TarInput(std::unique_ptr<ByteStream> source, const std::string& place);

  /// Null after the last one. Throws Error{kUsage} when it is no tar, or is cut off.
  struct archive_entry* next();
  /// Where the current member's header begins, in bytes.
  [[nodiscard]] std::int64_t header_position() const;
  /// The current member's data; 0 at its end.
  std::size_t read(char* to, std::size_t size);

  struct Block {
    std::string_view bytes;
    std::int64_t offset = 0;  ///< in the file: holes are left out
  };
  /// The next piece of the current member; false at its end.
  bool next_block(Block& block);

 private:
  void end_member();

  ArchiveSource source_;
  std::int64_t data_end_ = 0;  ///< of the current member, as far as it was read
  bool skipped_ = true;        ///< its data was not read to the end
};

/// What gzip, zstd, xz or bzip2 packed, or plain bytes as they are: its first bytes say which.
class UnpackedStream final : public ByteStream {
 public:
  UnpackedStream(std::unique_ptr<ByteStream> source, const std::string& place);
  std::size_t read(char* to, std::size_t size) override;

 private:
  ArchiveSource source_;
  bool ended_ = false;
};

/// Whether bytes begin as those that UnpackedStream unpacks.
bool looks_compressed(std::string_view first_bytes);

/// Sums up what passes.
class HashedStream final : public ByteStream {
 public:
  explicit HashedStream(std::unique_ptr<ByteStream> source) : source_(std::move(source)) {}
  std::size_t read(char* to, std::size_t size) override;
  /// Reads to the end first. "sha256:…"; once.
  std::string digest();

 private:
  std::unique_ptr<ByteStream> source_;
  Sha256 sum_;
};

}  // namespace bench
