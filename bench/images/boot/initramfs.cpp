#include "bench/images/boot/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/images/boot/guest_init.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// A cpio archive as the kernel unpacks it; everything in it is root's.
class Initramfs {
 public:
  explicit Initramfs(const fs::path& file)
      : file_(file), archive_(archive_write_new()), entry_(archive_entry_new()) {
    fs::remove(file);
    descriptor_ = Fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!descriptor_.open()) {
      throw Error(ErrorCode::kIo, fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
    }
    archive_write_set_format_cpio_newc(archive_.get());
    check(archive_write_open_fd(archive_.get(), descriptor_.get()));
  }

  void directory(const char* name) {
    begin(name, AE_IFDIR, 0755, 0);
    write();
  }
  void regular(const std::string& name, std::string_view bytes, mode_t mode) {
    begin(name.c_str(), AE_IFREG, mode, static_cast<std::int64_t>(bytes.size()));
    write();
    if (!bytes.empty() && archive_write_data(archive_.get(), bytes.data(), bytes.size()) < 0)
      check(ARCHIVE_FATAL);
  }
  void device(const char* name, unsigned major, unsigned minor) {
    begin(name, AE_IFCHR, 0600, 0);
    archive_entry_set_rdevmajor(entry_.get(), major);
    archive_entry_set_rdevminor(entry_.get(), minor);
    write();
  }
  void close() { check(archive_write_close(archive_.get())); }

 private:
  void begin(const char* name, unsigned type, mode_t mode, std::int64_t size) {
    archive_entry_clear(entry_.get());
    archive_entry_set_pathname(entry_.get(), name);
    archive_entry_set_filetype(entry_.get(), type);
    archive_entry_set_perm(entry_.get(), mode);
    archive_entry_set_size(entry_.get(), size);
    archive_entry_set_nlink(entry_.get(), 1);
    archive_entry_set_mtime(entry_.get(), 0, 0);
  }
  void write() { check(archive_write_header(archive_.get(), entry_.get())); }

  void check(int result) {
    if (result == ARCHIVE_OK) return;
    const char* why = archive_error_string(archive_.get());
    throw Error(ErrorCode::kIo,
                fmt::format("cannot write {}: {}", file_.string(), why != nullptr ? why : "unknown error"));
  }

  struct Free {
    void operator()(struct archive* a) const { archive_write_free(a); }
    void operator()(struct archive_entry* e) const { archive_entry_free(e); }
  };
  fs::path file_;
  Fd descriptor_;
  std::unique_ptr<struct archive, Free> archive_;
  std::unique_ptr<struct archive_entry, Free> entry_;
};

}  // namespace

std::int64_t write_image_initramfs(const GuestKernel& kernel, const GuestConfig& config,
                                   const fs::path& file) {
  if (guest_init().empty()) {
    throw Error(ErrorCode::kUnavailable, "this bench was built without the init of image guests",
                "install musl-tools (or the C library's static files) and build it again");
  }
  std::vector<std::string> names;
  for (const auto& module : kernel.modules) names.push_back(module.name);
  const std::string text = guest_config_text(config, names);

  Initramfs initramfs(file);
  for (const char* directory : {"dev", "new", "modules"}) initramfs.directory(directory);
  // The kernel opens it for the first process before that can make it.
  initramfs.device("dev/console", 5, 1);
  initramfs.regular("init", guest_init(), 0755);
  initramfs.regular("bench.config", text, 0600);
  for (const auto& module : kernel.modules) initramfs.regular("modules/" + module.name, module.bytes, 0644);
  initramfs.close();
  return static_cast<std::int64_t>(fs::file_size(file));
}

}  // namespace bench
