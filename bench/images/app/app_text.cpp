#include "bench/images/app/app_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bench/base/error.h"
#include "bench/base/fd.h"

namespace bench {

namespace {

namespace fs = std::filesystem;

void add_utf8(std::string& text, std::uint32_t code) {
  const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6));
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

std::string from_utf16(std::string_view bytes, bool big_endian) {
  const auto unit = [&](std::size_t at) -> std::uint32_t {
    const auto first = static_cast<unsigned char>(bytes[at]),
               second = static_cast<unsigned char>(bytes[at + 1]);
    return big_endian ? first << 8U | second : second << 8U | first;
  };
  std::string text;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint32_t code = unit(i);
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size()) {
      const std::uint32_t low = unit(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        i += 2;
      }
    }
    add_utf8(text, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
  }
  return text;
}

/// Without openat2, which a sandbox may not know: no link is followed at all.
int open_without_links(int directory, const fs::path& name) {
  Fd at;
  int from = directory;
  for (const fs::path& part : name.parent_path()) {
    const int next = openat(from, part.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (next < 0) return -1;
    at = Fd(next);
    from = next;
  }
  return openat(from, name.filename().c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
}

}  // namespace

std::string decoded_text(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xEF\xBB\xBF"sv)) return std::string(bytes.substr(3));
  if (bytes.starts_with("\xFF\xFE"sv)) return from_utf16(bytes.substr(2), false);
  if (bytes.starts_with("\xFE\xFF"sv)) return from_utf16(bytes.substr(2), true);
  return std::string(bytes);
}

std::optional<std::string> app_text(const fs::path& dir, const std::string& name) {
  constexpr std::int64_t kMost = 1 << 20;
  const auto refuse = [&](const char* why) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: {}", (dir / name).string(), why),
                "give a plain file of at most 1 MiB that lies in the app's directory");
  };
  struct stat status {};
  if (lstat((dir / name).c_str(), &status) != 0) return std::nullopt;
  const Fd directory(::open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  int fd = static_cast<int>(syscall(SYS_openat2, directory.get(), name.c_str(), &how, sizeof how));
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) fd = open_without_links(directory.get(), name);
  const Fd file(fd);
  if (fd < 0)
    refuse(S_ISLNK(status.st_mode) ? "the link leads to nothing in the app's directory"
                                   : std::strerror(errno));
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) refuse("it is no plain file");
  if (status.st_size > kMost) refuse("it is too large for what it is");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = read(fd, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(std::strerror(errno));
    if (got == 0) break;  // it has become shorter meanwhile
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return decoded_text(text);
}

}  // namespace bench
