#include "bench/images/any/docker_form.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "bench/base/error.h"

namespace bench {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

/// A tar whose members come from streams of known length.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& to)
      : place_(to.string()), archive_(archive_write_new(), &archive_write_free) {
    archive_write_set_format_pax_restricted(archive_.get());  // a layer may have more than 8 GiB
    check(archive_write_open_filename(archive_.get(), place_.c_str()));
  }

  void add(const std::string& name, const std::string& text) {
    header(name, static_cast<std::int64_t>(text.size()));
    data(text.data(), text.size());
  }

  void add(const std::string& name, std::int64_t size, ByteStream& from) {
    header(name, size);
    std::vector<char> piece(kPiece);
    while (const std::size_t count = from.read(piece.data(), piece.size())) data(piece.data(), count);
  }

  void close() { check(archive_write_close(archive_.get())); }

 private:
  void header(const std::string& name, std::int64_t size) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              &archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), size);
    check(archive_write_header(archive_.get(), entry.get()));
  }

  void data(const char* bytes, std::size_t count) {
    if (archive_write_data(archive_.get(), bytes, count) < 0) check(ARCHIVE_FATAL);
  }

  void check(int result) {
    if (result == ARCHIVE_OK) return;
    const char* why = archive_error_string(archive_.get());
    throw Error(ErrorCode::kIo,
                fmt::format("cannot write {}: {}", place_, why != nullptr ? why : "unknown error"),
                "free some space, or set BENCH_CACHE_DIR to a larger file system");
  }

  std::string place_;
  std::unique_ptr<struct archive, decltype(&archive_write_free)> archive_;
};

std::string digits(const std::string& digest) {
  return digest.substr(digest.find(':') + 1);
}

}  // namespace

std::vector<std::string> write_docker_form(const OciImage& image, const std::string& reference,
                                           const std::filesystem::path& to) {
  Writer tar(to);
  const std::string config = digits(image.id) + ".json";
  std::vector<std::string> layers;
  for (std::size_t number = 0; number < image.layers.size(); ++number) {
    // By its number, too: one layer may lie in an image twice.
    const std::string name = fmt::format("{}-{}/layer.tar", number, digits(image.layers[number].diff_id));
    layers.push_back(name);
    const auto bytes = image.blobs->open(image.layers[number].blob);
    tar.add(name, image.layers[number].bytes, *bytes);
  }
  tar.add(config, blob_text(*image.blobs, image.config_blob));
  tar.add(
      "manifest.json",
      nlohmann::json::array({{{"Config", config}, {"RepoTags", {reference}}, {"Layers", layers}}}).dump());
  tar.close();
  return layers;
}

}  // namespace bench
