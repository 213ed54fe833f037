#pragma once

#include <filesystem>
#include <string>

namespace bench {

/// What QEMU has said last in the log that libvirt keeps of a guest, on one line; without its command, which
/// libvirt writes first, and without what every guest's log has.
std::string last_words_of(const std::filesystem::path& log);

}  // namespace bench
