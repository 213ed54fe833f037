#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bench/base/file_lock.h"

namespace bench {

/// The directory of one embedded libvirt driver, with a configuration of our own, locked for this process:
/// libvirt allows one driver per directory, so a second bench process gets a second directory. Capabilities
/// that libvirt found out about QEMU are kept in the cache directory, or every process would pay for them.
class EmbedRoot {
 public:
  /// Takes the first directory that no living process holds. Throws kUnavailable when its path is too long
  /// for QEMU's sockets, kIo when it cannot be made.
  EmbedRoot();
  /// Ends what still runs from the directory, removes it and lets the lock go.
  ~EmbedRoot();
  EmbedRoot(const EmbedRoot&) = delete;
  EmbedRoot& operator=(const EmbedRoot&) = delete;

  [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }
  [[nodiscard]] std::string uri() const { return "qemu:///embed?root=" + dir_.string(); }

 private:
  std::filesystem::path dir_, lock_;  // <state>/libvirt/N, N.lock
  std::optional<FileLock> held_;
};

/// Removes the directories that no living process holds, and ends what a killed process's libvirt has started
/// from them. Returns how many processes it ended.
int remove_dead_embed_roots();

/// Makes libvirt accept a machine without its default QEMU user (libvirt_users.cpp).
void answer_for_missing_qemu_user();

/// The text of the embedded driver's qemu.conf.
std::string embed_configuration(bool root);

}  // namespace bench
