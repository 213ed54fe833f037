#include "bench/images/build/stores.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/images/build/images.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

bool only_trusted_write(const fs::path& directory) {
  struct stat status {};
  return stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         (status.st_uid == 0 || status.st_uid == geteuid()) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

ImageStore shared_image_store() {
  return ImageStore(shared_image_dir(), ImageStore::Readers::kEverybody);
}

bool is_trusted(const ImageStore& store) {
  return only_trusted_write(store.root().parent_path()) && only_trusted_write(store.root());
}

[[noreturn]] void refuse(const ImageStore& store) {
  throw Error(ErrorCode::kUnavailable,
              fmt::format("others than root and you may write to {}", store.root().parent_path().string()),
              "images there cannot be trusted: make it root's, with mode 0755, or let BENCH_IMAGE_STORE name "
              "another");
}

}  // namespace

ImageStore own_image_store() {
  return ImageStore(cache_dir());
}

ImageStore make_shared_image_store() {
  if (geteuid() != 0) {
    throw Error(ErrorCode::kUnavailable, "only root builds images that every user of this host reads",
                "sudo bench prepare --shared");
  }
  const ImageStore store = shared_image_store();
  std::error_code error;
  umask(022);  // whatever root's shell says: they shall be read
  fs::create_directories(store.root(), error);
  if (error) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make {}: {}", store.root().string(), error.message()),
                "let BENCH_IMAGE_STORE name another directory");
  }
  if (!is_trusted(store)) refuse(store);
  return store;
}

std::vector<ImageStore> image_stores() {
  std::vector<ImageStore> stores{own_image_store()};
  const ImageStore shared = shared_image_store();
  std::error_code error;
  if (!fs::is_directory(shared.root(), error)) return stores;
  if (is_trusted(shared)) {
    stores.push_back(shared);
  } else if (std::getenv("BENCH_IMAGE_STORE") != nullptr) {
    refuse(shared);
  }
  return stores;
}

std::int64_t image_cache_bytes() {
  const fs::path root = own_image_store().root();
  std::int64_t bytes = 0;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(root, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    struct stat status {};
    // Allocated, not apparent: disk images have holes.
    if (lstat(it->path().c_str(), &status) == 0) bytes += static_cast<std::int64_t>(status.st_blocks) * 512;
  }
  return bytes;
}

void remove_image_cache() {
  const ImageStore store = own_image_store();
  if (!fs::exists(store.root())) return;
  const ImageStore::Lock lock(store, {}, {});
  std::error_code error;
  for (const char* part : {"requests", "sets", "stages", "transfer", "tmp"}) {
    fs::remove_all(store.root() / part, error);
    if (error) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot remove {}: {}", (store.root() / part).string(), error.message()));
    }
  }
}

}  // namespace bench
