#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// A line of /proc/PID/mountinfo (proc(5)), blanks and backslashes as they are.
struct MountEntry {
  std::string device;  ///< "254:0"
  std::string root;    ///< which part of the file system: "/" is all of it
  std::string point;
  std::string type;     ///< "ext4"
  std::string source;   ///< "/dev/vda"
  std::string options;  ///< of the file system: "rw,cpuacct"
};

/// What is mounted for this process, in the kernel's order; empty when it cannot be read.
std::vector<MountEntry> read_mounts(const std::filesystem::path& sysroot = "/");

/// /proc/PID/stat field 22, to tell a reused pid; nothing when the process is not there.
std::optional<std::uint64_t> process_start_time(pid_t pid);

}  // namespace bench
