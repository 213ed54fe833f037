#include "bench/images/any/start_probe.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <string_view>

#include "bench/base/error.h"
#include "bench/images/boot/guest_init.h"

namespace bench {
namespace {

constexpr const char* kName = ".bench-start";
/// Beside the file: its header, the end of the archive, and what both are padded to.
constexpr std::size_t kTarRoom = 64 * 1024;

}  // namespace

std::string start_probe_archive() {
  const std::string_view program = guest_init();
  if (program.empty()) return {};
  const std::unique_ptr<struct archive, decltype(&archive_write_free)> tar(archive_write_new(),
                                                                           &archive_write_free);
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                            &archive_entry_free);
  std::string bytes(program.size() + kTarRoom, '\0');
  std::size_t used = 0;
  archive_write_set_format_ustar(tar.get());
  archive_entry_set_pathname(entry.get(), kName);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0755);
  archive_entry_set_size(entry.get(), static_cast<std::int64_t>(program.size()));
  const bool written =
      archive_write_open_memory(tar.get(), bytes.data(), bytes.size(), &used) == ARCHIVE_OK &&
      archive_write_header(tar.get(), entry.get()) == ARCHIVE_OK &&
      archive_write_data(tar.get(), program.data(), program.size()) >= 0 &&
      archive_write_close(tar.get()) == ARCHIVE_OK;
  if (!written) throw Error(ErrorCode::kIo, "cannot pack the program that looks into a container");
  bytes.resize(used);
  return bytes;
}

std::vector<std::string> start_probe_command() {
  return {std::string("/") + kName, "report"};
}

}  // namespace bench
