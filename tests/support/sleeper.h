#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "bench/base/files.h"

namespace bench {

/// A child that waits, with a name and arguments of one's choice: for tests of what is ended and what is not.
/// Killed and reaped when this goes.
class Sleeper {
 public:
  explicit Sleeper(const std::vector<std::string>& arguments) {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    input_ = ends[1];
    std::vector<std::string> words{arguments.at(0), "-c", "read x"};
    words.insert(words.end(), arguments.begin() + 1, arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[0], STDIN_FILENO);  // the shell reads from a pipe that nothing is written to
      execv("/bin/sh", argv.data());
      _exit(127);
    }
    close(ends[0]);
    // The words are the child's once it has called exec.
    for (int tries = 0; tries < 2000 && !has_words(words.back()); ++tries) usleep(5000);
  }
  ~Sleeper() {
    if (lives()) kill(pid_, SIGKILL);
    close(input_);
    waitpid(pid_, nullptr, 0);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool lives() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
  }

 private:
  [[nodiscard]] bool has_words(const std::string& last) const {
    const std::string line = file_text("/proc/" + std::to_string(pid_) + "/cmdline");
    const std::string end = std::string(1, '\0') + last + std::string(1, '\0');
    return line.ends_with(end) && line.find(std::string("\0read x\0", 8)) != std::string::npos;
  }

  pid_t pid_ = -1;
  int input_ = -1;
};

}  // namespace bench
