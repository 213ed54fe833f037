#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <stop_token>
#include <string>
#include <vector>

namespace bench {

/// What is sent for a file, on both sides alike: gzip at zlib's level 6, as engines push layers to a
/// registry.
inline constexpr const char* kTransferMethod = "gzip, level 6, each file on its own";

/// Bytes of `file` compressed like that; nothing is written anywhere. Throws Error{kIo}, Error{kInterrupted}.
std::int64_t compressed_bytes(const std::filesystem::path& file, std::stop_token stop);

/// A file whose compressed size is wanted.
struct TransferFile {
  std::filesystem::path path;
  std::string sha256;  ///< of its content, where it is known: then the answer is remembered
};

/// Each file's compressed size, in order; as many at once as there are cores. Answers for files of known
/// content are kept in `cache`.
std::vector<std::int64_t> compressed_bytes(const std::vector<TransferFile>& files,
                                           const std::filesystem::path& cache, std::stop_token stop);

/// The same beside other work: begins at once, `total` waits for the end. Gone before that, it stops.
class Compression {
 public:
  Compression(std::vector<TransferFile> files, std::filesystem::path cache, std::stop_token stop);
  ~Compression();
  Compression(const Compression&) = delete;
  Compression& operator=(const Compression&) = delete;

  /// Of all files together; once.
  std::int64_t total();

 private:
  std::stop_source source_;
  std::stop_callback<std::function<void()>> chained_;
  std::future<std::int64_t> total_;
};

}  // namespace bench
