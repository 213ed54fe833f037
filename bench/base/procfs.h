#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
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

/// What is used of /proc/PID/stat (proc(5)).
struct ProcessStat {
  std::string name;
  char state = 0;  ///< 'Z': it has ended and nobody has asked how
  pid_t parent = 0, group = 0;
  std::uint64_t ticks = 0;  ///< its own (utime + stime) and its reaped children's (cutime + cstime)
  std::uint64_t start = 0;  ///< in ticks since boot: tells a reused pid
};

/// The name in parentheses may hold blanks and parentheses itself. Nothing where a field is missing.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// Nothing when the process is not there.
std::optional<ProcessStat> process_stat(pid_t pid, const std::filesystem::path& sysroot = "/");

/// All processes that can be seen; nothing when /proc cannot be read.
std::optional<std::vector<pid_t>> all_processes(const std::filesystem::path& sysroot = "/");

/// The words of /proc/PID/cmdline; empty for a kernel thread, and when the process is not there.
std::vector<std::string> command_line(pid_t pid, const std::filesystem::path& sysroot = "/");

/// The value of the first line "key : value" of /proc/cpuinfo.
std::optional<std::string> cpuinfo(const std::string& key, const std::filesystem::path& sysroot = "/");

/// Its start as in ProcessStat; nothing when the process is not there.
std::optional<std::uint64_t> process_start_time(pid_t pid);

}  // namespace bench
