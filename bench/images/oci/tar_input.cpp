#include "bench/images/oci/tar_input.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "bench/base/error.h"

namespace bench {

namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::int64_t kTarBlock = 512;

}  // namespace

void FreeArchive::operator()(struct archive* archive) const {
  archive_read_free(archive);
}

ArchiveSource::ArchiveSource(std::unique_ptr<ByteStream> source, std::string place)
    : source_(std::move(source)), place_(std::move(place)), buffer_(kPiece), archive_(archive_read_new()) {}

void ArchiveSource::open() {
  archive_read_set_callback_data(get(), this);
  archive_read_set_read_callback(get(), read_more);
  archive_read_set_skip_callback(get(), skip_some);
  check(archive_read_open1(get()));
}

void ArchiveSource::check(int result) {
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
  const char* why = archive_error_string(get());
  throw Error(ErrorCode::kUsage,
              fmt::format("cannot read {}: {}", place_, why != nullptr ? why : "unknown error"),
              "the image is damaged: save it again");
}

std::size_t ArchiveSource::fill() {
  const std::size_t got = source_->read(buffer_.data(), buffer_.size());
  if (got > 0) {
    given_ += static_cast<std::int64_t>(got);
    return got;
  }
  const std::int64_t over = pads_ ? given_ % kTarBlock : 0;
  pads_ = false;
  if (over == 0) return 0;
  buffer_.assign(buffer_.size(), '\0');
  return static_cast<std::size_t>(kTarBlock - over);
}

long ArchiveSource::read_more(struct archive* archive, void* self, const void** buffer) {
  auto* source = static_cast<ArchiveSource*>(self);
  try {
    *buffer = source->buffer_.data();
    return static_cast<long>(source->fill());
  } catch (...) {
    source->thrown_ = std::current_exception();
    archive_set_error(archive, EIO, "the source failed");
    return ARCHIVE_FATAL;
  }
}

std::int64_t ArchiveSource::skip_some(struct archive*, void* self, std::int64_t bytes) {
  auto* source = static_cast<ArchiveSource*>(self);
  const std::int64_t skipped = source->source_->skip(bytes);
  source->given_ += skipped;
  return skipped;
}

TarInput::TarInput(std::unique_ptr<ByteStream> source, const std::string& place)
    : source_(std::move(source), place) {
  archive_read_support_format_tar(source_.get());
  archive_read_support_format_empty(source_.get());
  source_.pad_to_blocks();
  source_.open();
}

struct archive_entry* TarInput::next() {
  if (!skipped_) end_member();
  struct archive_entry* entry = nullptr;
  const int result = archive_read_next_header(source_.get(), &entry);
  if (result == ARCHIVE_EOF) {
    // Padding that was added must not stand for data that was lost.
    if (data_end_ > source_.given()) {
      throw Error(ErrorCode::kUsage, fmt::format("cannot read {}: it ends within a file", source_.place()),
                  "the image is damaged: save it again");
    }
    source_.check(ARCHIVE_OK);
    return nullptr;
  }
  source_.check(result);
  data_end_ = archive_filter_bytes(source_.get(), 0);
  skipped_ = false;
  return entry;
}

std::int64_t TarInput::header_position() const {
  return archive_read_header_position(source_.get());
}

std::size_t TarInput::read(char* to, std::size_t size) {
  const la_ssize_t got = archive_read_data(source_.get(), to, size);
  if (got < 0) source_.check(static_cast<int>(got));
  data_end_ += got;
  return static_cast<std::size_t>(got);
}

bool TarInput::next_block(Block& block) {
  const void* bytes = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const int result = archive_read_data_block(source_.get(), &bytes, &size, &offset);
  if (result == ARCHIVE_EOF) {
    skipped_ = true;
    return false;
  }
  source_.check(result);
  data_end_ += static_cast<std::int64_t>(size);
  block = {{static_cast<const char*>(bytes), size}, offset};
  return true;
}

void TarInput::end_member() {
  // Its data is passed over, where the source can: only its end is read.
  source_.check(archive_read_data_skip(source_.get()));
  data_end_ = 0;
  skipped_ = true;
}

UnpackedStream::UnpackedStream(std::unique_ptr<ByteStream> source, const std::string& place)
    : source_(std::move(source), place) {
  struct archive* archive = source_.get();
  archive_read_support_format_raw(archive);
  archive_read_support_format_empty(archive);
  archive_read_support_filter_gzip(archive);
  archive_read_support_filter_zstd(archive);
  archive_read_support_filter_xz(archive);
  archive_read_support_filter_bzip2(archive);
  source_.open();
  struct archive_entry* entry = nullptr;
  const int result = archive_read_next_header(archive, &entry);
  if (result == ARCHIVE_EOF) {
    ended_ = true;
    source_.check(ARCHIVE_OK);
  } else {
    source_.check(result);
  }
}

std::size_t UnpackedStream::read(char* to, std::size_t size) {
  if (ended_) return 0;
  const la_ssize_t got = archive_read_data(source_.get(), to, size);
  if (got < 0) source_.check(static_cast<int>(got));
  ended_ = got == 0;
  return static_cast<std::size_t>(got);
}

bool looks_compressed(std::string_view first_bytes) {
  using namespace std::string_view_literals;
  for (const std::string_view magic : {"\x1f\x8b"sv, "\x28\xb5\x2f\xfd"sv, "\xfd\x37zXZ\0"sv, "BZh"sv}) {
    if (first_bytes.starts_with(magic)) return true;
  }
  // A skippable frame of zstd.
  return first_bytes.size() >= 4 && (static_cast<unsigned char>(first_bytes[0]) & 0xF0U) == 0x50 &&
         first_bytes.substr(1, 3) == "\x2a\x4d\x18"sv;
}

std::size_t HashedStream::read(char* to, std::size_t size) {
  const std::size_t got = source_->read(to, size);
  sum_.add({to, got});
  return got;
}

std::string HashedStream::digest() {
  std::vector<char> buffer(kPiece);
  while (read(buffer.data(), buffer.size()) > 0) {
  }
  return "sha256:" + sum_.hex();
}

}  // namespace bench
