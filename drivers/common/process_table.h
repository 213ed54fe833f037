#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/base/clock.h"

namespace bench {

struct LivingProcess {
  pid_t parent = 0;
  std::string name;  ///< as the kernel cuts it: 15 bytes
};

/// All living processes of this machine, by pid; one that ends meanwhile is left out, and so is a zombie.
std::map<pid_t, LivingProcess> living_processes();

/// Whether a word of a command line holds `wanted`.
bool any_word_holds(const std::vector<std::string>& words, const std::string& wanted);

/// Whether a word names something below `directory`, as a path of its own or behind "unix:", "path=" and the
/// like. A longer path that merely ends in it, /elsewhere/run/bench/… for /run/bench, is somebody else's.
bool names_path_below(const std::string& word, const std::filesystem::path& directory);

/// A process that a later one with the same number is not taken for.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start = 0;  ///< /proc/PID/stat field 22
  bool operator==(const ProcessIdentity&) const = default;
};

/// Living processes whose program is called `program…` and that have an argument below `directory`.
std::vector<ProcessIdentity> processes_below(const std::filesystem::path& directory,
                                             const std::string& program);

/// Sends a signal to that very process. False when it is gone, or may not be signalled by us.
bool signal_process(const ProcessIdentity& process, int signal);

/// SIGKILLs what processes_below finds until nothing is left, at most for `limit`: a program that detaches
/// itself may have a second half by now. Returns how many it ended; nothing when one survived.
std::optional<int> end_processes_below(const std::filesystem::path& directory, const std::string& program,
                                       Seconds limit);

/// The process that called listen() on a unix socket; nothing when nobody does, or nobody takes the call
/// within a second.
std::optional<pid_t> listening_process(const std::filesystem::path& socket);

}  // namespace bench
