#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {

struct LivingProcess {
  pid_t parent = 0;
  std::string name;  ///< as the kernel cuts it: 15 bytes
};

/// All living processes of this machine, by pid; one that ends meanwhile is left out, and so is a zombie.
std::map<pid_t, LivingProcess> living_processes();

/// The words of a process's command line; empty when there is no such process.
std::vector<std::string> command_line(pid_t pid);

/// Whether a word of a command line holds `wanted`.
bool any_word_holds(const std::vector<std::string>& words, const std::string& wanted);

/// The process that called listen() on a unix socket; nothing when nobody does, or nobody takes the call
/// within a second.
std::optional<pid_t> listening_process(const std::filesystem::path& socket);

}  // namespace bench
