#include "bench/images/weigh/transfer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

#include "bench/base/error.h"
#include "bench/base/paths.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

la_ssize_t count(struct archive*, void* counter, const void*, std::size_t size) {
  *static_cast<std::int64_t*>(counter) += static_cast<std::int64_t>(size);
  return static_cast<la_ssize_t>(size);
}

struct Free {
  void operator()(struct archive* a) const { archive_write_free(a); }
  void operator()(struct archive_entry* e) const { archive_entry_free(e); }
};

void check(struct archive* archive, int result) {
  if (result == ARCHIVE_OK) return;
  const char* why = archive_error_string(archive);
  throw Error(ErrorCode::kIo, fmt::format("cannot compress: {}", why != nullptr ? why : "unknown error"));
}

std::optional<std::int64_t> remembered(const fs::path& place) {
  std::ifstream file(place);
  std::int64_t bytes = 0;
  return file >> bytes && bytes > 0 ? std::optional(bytes) : std::nullopt;
}

}  // namespace

std::int64_t compressed_bytes(const fs::path& path, std::stop_token stop) {
  std::int64_t counted = 0;
  const std::unique_ptr<struct archive, Free> archive(archive_write_new());
  check(archive.get(), archive_write_set_format_raw(archive.get()));
  check(archive.get(), archive_write_add_filter_gzip(archive.get()));
  check(archive.get(), archive_write_set_filter_option(archive.get(), "gzip", "compression-level", "6"));
  // No padding to a tape's block: what is counted is what is sent.
  check(archive.get(), archive_write_set_bytes_in_last_block(archive.get(), 1));
  check(archive.get(), archive_write_open(archive.get(), &counted, nullptr, count, nullptr));
  const std::unique_ptr<struct archive_entry, Free> entry(archive_entry_new());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_pathname(entry.get(), "content");
  check(archive.get(), archive_write_header(archive.get(), entry.get()));
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(1024 * 1024);
  while (file) {
    if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while compressing");
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto got = static_cast<std::size_t>(file.gcount());
    if (got > 0 && archive_write_data(archive.get(), buffer.data(), got) < 0)
      check(archive.get(), ARCHIVE_FATAL);
  }
  if (!file.eof()) throw Error(ErrorCode::kIo, "cannot read " + path.string());
  check(archive.get(), archive_write_close(archive.get()));
  return counted;
}

std::vector<std::int64_t> compressed_bytes(const std::vector<TransferFile>& files, const fs::path& cache,
                                           std::stop_token stop) {
  std::vector<std::int64_t> result(files.size());
  std::mutex mutex;
  std::exception_ptr failure;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) {
      try {
        const fs::path place = cache / (files[i].sha256 + ".gzip-6");
        const auto known = files[i].sha256.empty() ? std::nullopt : remembered(place);
        result[i] = known ? *known : compressed_bytes(files[i].path, stop);
        if (known || files[i].sha256.empty()) continue;
        fs::create_directories(cache);
        write_file_atomically(place, fmt::format("{}\n", result[i]));
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        next = files.size();
      }
    }
  };
  std::vector<std::jthread> threads;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 1; i < std::min(cores, files.size()); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
  return result;
}

Compression::Compression(std::vector<TransferFile> files, fs::path cache, std::stop_token stop)
    : chained_(std::move(stop), [this] { source_.request_stop(); }),
      total_(std::async(std::launch::async,
                        [files = std::move(files), cache = std::move(cache), token = source_.get_token()] {
                          const auto each = compressed_bytes(files, cache, token);
                          return std::accumulate(each.begin(), each.end(), std::int64_t{0});
                        })) {}

Compression::~Compression() {
  source_.request_stop();  // the future waits for its thread
}

std::int64_t Compression::total() {
  return total_.get();
}

}  // namespace bench
