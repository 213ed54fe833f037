#include "bench/images/boot/distribution_kernel.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"
#include "bench/base/text.h"
#include "bench/images/build/sha256.h"
#include "bench/images/build/stores.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// Raised when the code here changes what is kept.
constexpr const char* kFormat = "guest/1";
constexpr std::size_t kBlock = 64 * 1024;

using Reader = std::unique_ptr<struct archive, decltype(&archive_read_free)>;

Reader make_reader() {
  return {archive_read_new(), &archive_read_free};
}

[[noreturn]] void complain(const fs::path& package, struct archive* reader) {
  const char* why = archive_error_string(reader);
  throw Error(ErrorCode::kCorrupt, fmt::format("cannot unpack {}: {}", package.string(),
                                               why != nullptr ? why : "it has no files"));
}

/// One archive read out of an entry of another, as a package's files out of the package.
struct Nested {
  struct archive* outer;
  std::vector<char> buffer = std::vector<char>(kBlock);

  static la_ssize_t read(struct archive*, void* self, const void** bytes) {
    auto* nested = static_cast<Nested*>(self);
    *bytes = nested->buffer.data();
    return archive_read_data(nested->outer, nested->buffer.data(), nested->buffer.size());
  }
};

/// "./usr/lib/modules/R/kernel/x.ko" as "R/kernel/x.ko"; empty for everything else, and for what would lead
/// out.
fs::path below_modules(const std::string& name) {
  static constexpr std::string_view kModules = "lib/modules/";
  const std::size_t at = name.find(kModules);
  const std::string_view before = std::string_view(name).substr(0, at == std::string::npos ? 0 : at);
  if (at == std::string::npos || (before != "" && before != "./" && before != "usr/" && before != "./usr/"))
    return {};
  fs::path path = name.substr(at + kModules.size());
  if (path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end()) return {};
  return path;
}

void write_entry(const fs::path& package, struct archive* reader, const fs::path& to) {
  fs::create_directories(to.parent_path());
  std::ofstream file(to, std::ios::binary);
  std::vector<char> buffer(kBlock);
  la_ssize_t got = 0;
  while ((got = archive_read_data(reader, buffer.data(), buffer.size())) > 0) file.write(buffer.data(), got);
  if (got < 0) complain(package, reader);
  file.close();
  if (!file)
    throw Error(ErrorCode::kIo, "cannot write " + to.string(), "free some space on that file system");
}

void unpack_files(const fs::path& package, struct archive* outer, const fs::path& dir) {
  Nested nested{outer};
  const Reader inner = make_reader();
  archive_read_support_filter_all(inner.get());
  archive_read_support_format_tar(inner.get());
  if (archive_read_open(inner.get(), &nested, nullptr, &Nested::read, nullptr) != ARCHIVE_OK) {
    complain(package, inner.get());
  }
  struct archive_entry* entry = nullptr;
  int result = ARCHIVE_OK;
  while ((result = archive_read_next_header(inner.get(), &entry)) == ARCHIVE_OK) {
    const fs::path path = below_modules(archive_entry_pathname(entry));
    if (!path.empty() && archive_entry_filetype(entry) == AE_IFREG)
      write_entry(package, inner.get(), dir / path);
  }
  if (result != ARCHIVE_EOF) complain(package, inner.get());
}

std::vector<fs::path> packages_of(const fs::path& kernel) {
  std::vector<fs::path> packages;
  for (const auto& entry : fs::directory_iterator(kernel / "debs")) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("linux-image-") || name.starts_with("linux-modules-"))
      packages.push_back(entry.path());
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

std::string release_of(const fs::path& dir) {
  return std::string(trimmed(file_text(dir / "release"), " \t\r\n"));
}

/// For every user of the host, whatever root's umask is.
void open_to_readers(const fs::path& dir) {
  fs::permissions(dir.parent_path(), fs::perms(0755));
  fs::permissions(dir, fs::perms(0755));
  for (const auto& entry : fs::directory_iterator(dir)) fs::permissions(entry.path(), fs::perms(0644));
}

/// What is kept: the kernel, its release, and the drivers with the order in which they are loaded.
void keep(const fs::path& kernel, const ImageStore::Draft& draft) {
  const std::string release = release_of(kernel);
  for (const auto& package : packages_of(kernel)) unpack_modules(package, draft.work());
  const auto modules = ModuleTree(draft.work() / release).with_dependencies(kGuestDrivers);
  fs::copy_file(kernel / "vmlinuz", draft.out() / "vmlinuz");
  fs::copy_file(kernel / "release", draft.out() / "release");
  std::string order;
  for (const auto& module : modules) {
    write_file_atomically(draft.out() / module.name, module.bytes);
    order += module.name + "\n";
  }
  write_file_atomically(draft.out() / "order", order);
}

std::optional<GuestKernel> load(const fs::path& dir) {
  const auto order = file_bytes(dir / "order");
  GuestKernel kernel{"distribution", dir / "vmlinuz", release_of(dir), {}};
  if (!order || kernel.release.empty() || !fs::exists(kernel.image)) return std::nullopt;
  std::ifstream names(dir / "order");
  for (std::string name; std::getline(names, name);) {
    auto bytes = file_bytes(dir / name);
    if (!bytes) return std::nullopt;
    kernel.modules.push_back({name, *std::move(bytes)});
  }
  return kernel;
}

std::optional<GuestKernel> kept(ImageStore& store, const std::string& pointer) {
  const std::string hash(trimmed(file_text(store.root() / "requests" / pointer), " \t\r\n"));
  if (hash.empty() || !fs::exists(store.root() / "stages" / ("guest-" + hash.substr(0, 16))))
    return std::nullopt;
  return load(store.stage("guest", hash, false, [](const ImageStore::Draft&) {}));
}

}  // namespace

void unpack_modules(const fs::path& package, const fs::path& dir) {
  const Reader outer = make_reader();
  archive_read_support_format_ar(outer.get());
  struct archive_entry* entry = nullptr;
  if (archive_read_open_filename(outer.get(), package.c_str(), kBlock) != ARCHIVE_OK) {
    complain(package, outer.get());
  }
  while (archive_read_next_header(outer.get(), &entry) == ARCHIVE_OK) {
    if (std::string(archive_entry_pathname(entry)).starts_with("data.tar")) {
      return unpack_files(package, outer.get(), dir);
    }
  }
  complain(package, outer.get());
}

GuestKernel distribution_kernel(const ImageRequest& request, std::stop_token stop) {
  ImageRequest kernel_request;
  kernel_request.artefacts = {Artefact::kDirectDisk};
  kernel_request.rebuild = request.rebuild;
  kernel_request.shared = request.shared;
  kernel_request.progress = request.progress;
  const std::string pointer =
      "guest-" + Sha256().add_field(kFormat).add_field(request_hash(kernel_request)).hex();
  if (!request.rebuild) {
    for (ImageStore& store :
         request.shared ? std::vector<ImageStore>{make_shared_image_store()} : image_stores()) {
      if (auto kernel = kept(store, pointer)) return *std::move(kernel);
    }
  }
  const fs::path stage = prepare_kernel(kernel_request, stop);
  ImageStore store = request.shared ? make_shared_image_store() : own_image_store();
  const ImageStore::Lock lock(store, request.progress, stop);
  const std::string hash =
      Sha256().add_field(kFormat).add_field(stage.filename().string()).add_field(release_of(stage)).hex();
  const fs::path dir = store.stage("guest", hash, request.rebuild,
                                   [&](const ImageStore::Draft& draft) { keep(stage, draft); });
  if (request.shared) open_to_readers(dir);
  fs::create_directories(store.root() / "requests");
  write_file_atomically(store.root() / "requests" / pointer, hash + "\n");
  if (request.shared) open_to_readers(store.root() / "requests");
  auto kernel = load(dir);
  if (!kernel) throw Error(ErrorCode::kIo, "cannot read " + dir.string());
  return *std::move(kernel);
}

}  // namespace bench
