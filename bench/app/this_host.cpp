#include "bench/app/this_host.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/images/build/sha256.h"
#include "bench/measure/host/environment.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMadeUp = 12;  ///< letters of a container's id, which is its name unless one is given
constexpr std::size_t kDigits = 16;
constexpr std::size_t kLongestName = 64;  ///< as the kernel allows for a host's

std::string first_word(const fs::path& file) {
  const std::string text = file_text(file);
  return text.substr(0, text.find_first_of(" \t\r\n"));
}

bool is_hexadecimal(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::string digest(const char* kind, const std::string& a, const std::string& b) {
  return Sha256().add_field("bench host").add_field(kind).add_field(a).add_field(b).hex().substr(0, kDigits);
}

std::string host_name(const fs::path& sysroot) {
  const std::string name = first_word(sysroot / "proc/sys/kernel/hostname");
  const std::string label = name.substr(0, name.find('.'));
  return label == "localhost" || name == "(none)" ? std::string() : name;
}

}  // namespace

std::string machine_id(const fs::path& sysroot) {
  for (const char* file : {"etc/machine-id", "var/lib/dbus/machine-id"}) {
    const std::string id = first_word(sysroot / file);
    if (id.size() == 32 && is_hexadecimal(id)) return id;  // not "uninitialized"
  }
  return {};
}

std::optional<Host> this_host(const fs::path& sysroot) {
  if (const char* given = std::getenv("BENCH_HOST"); given != nullptr && *given != '\0') {
    const std::string name = given;
    const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (!plain || name.size() > kLongestName || name == "all" || name.front() == '.' || name.front() == '-') {
      throw Error(ErrorCode::kUsage, "BENCH_HOST=" + name + " cannot be the name of a host",
                  "letters, digits, '-', '_' and '.', such as BENCH_HOST=lab-1");
    }
    return Host{digest("name", name, ""), name};
  }
  const std::string name = host_name(sysroot), id = machine_id(sysroot);
  if (name.size() == kMadeUp && is_hexadecimal(name)) return std::nullopt;
  if (name.empty() && id.empty()) return std::nullopt;
  return Host{digest("machine", id, name), name.empty() ? "localhost" : name};
}

RunHost this_host_of_runs() {
  Environment here;
  here.host = this_host();
  here.fingerprint = read_fingerprint("/");
  return host_of(here);
}

}  // namespace bench
