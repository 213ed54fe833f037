#include "drivers/libvirt/domain/variables_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/base/text.h"

namespace bench {
namespace {

constexpr std::size_t kSector = 512;

}  // namespace

std::string variables_script(const Variables& variables) {
  std::string script;
  for (const auto& [name, value] : variables)
    script += fmt::format("export {}={}\n", name, shell_word(value));
  script.append((kSector - script.size() % kSector) % kSector, '\n');  // a disk has no end within a sector
  return script;
}

void make_variables_disk(const Variables& variables, const std::filesystem::path& disk) {
  const std::string script = variables_script(variables);
  const Fd fd(::open(disk.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  std::string_view rest = script;
  while (fd.open() && !rest.empty()) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (rest.empty()) return;
  const int why = errno;
  if (fd.open()) ::unlink(disk.c_str());
  throw Error(ErrorCode::kIo, fmt::format("cannot write {}: {}", disk.string(), std::strerror(why)),
              "free some space, or set BENCH_STATE_DIR to a directory that can be written to");
}

}  // namespace bench
