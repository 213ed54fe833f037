#include "bench/base/subprocess.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/base/files.h"
#include "bench/base/procfs.h"

extern char** environ;

namespace bench {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kErrKept = 64 * 1024;

struct Pipe {
  Fd read_end, write_end;
  Pipe() {
    std::array<int, 2> fds{};
    if (pipe2(fds.data(), O_CLOEXEC) != 0) {
      throw Error(ErrorCode::kIo, std::string("cannot make a pipe: ") + std::strerror(errno));
    }
    read_end.reset(fds[0]);
    write_end.reset(fds[1]);
  }
};

std::string shown(const std::vector<std::string>& argv) {
  std::string text;
  for (const auto& word : argv) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  constexpr std::size_t kMost = 200;
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return text;
}

std::optional<std::string> find_program(const std::string& program) {
  const auto runnable = [](const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
  };
  if (program.empty()) return std::nullopt;
  if (program.find('/') != std::string::npos) {
    if (runnable(program)) return program;
    return std::nullopt;
  }
  const char* path = std::getenv("PATH");
  // Tools for file systems and daemons live in sbin, which is not in an ordinary user's PATH.
  std::istringstream directories(std::string(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin") +
                                 ":/usr/sbin:/sbin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (directory.empty()) continue;
    if (std::string candidate = directory + "/" + program; runnable(candidate)) return candidate;
  }
  return std::nullopt;
}

std::string program_path(const std::vector<std::string>& argv) {
  if (argv.empty()) throw Error(ErrorCode::kUnavailable, "no command given");
  if (auto found = find_program(argv.front())) return *found;
  throw Error(ErrorCode::kUnavailable, "the program " + argv.front() + " is not installed",
              "install the package that holds " + argv.front());
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!added.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

/// Everything from here to exec runs in a copy of a threaded process: async-signal-safe calls only.
void restore_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGQUIT, SIGUSR1, SIGUSR2}) {
    signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// The child's side of a failed start: its errno goes through the close-on-exec pipe.
[[noreturn]] void report_and_exit(int fd) {
  const int why = errno;
  (void)!write(fd, &why, sizeof why);
  _exit(127);
}

/// Waits until the child has exec'ed; throws what stopped it.
void check_started(Pipe& report, pid_t pid, const std::vector<std::string>& argv) {
  report.write_end.reset();
  int why = 0;
  ssize_t got = 0;
  do {
    got = read(report.read_end.get(), &why, sizeof why);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  const bool missing = why == ENOENT || why == EACCES || why == ENOEXEC;
  throw Error(missing ? ErrorCode::kUnavailable : ErrorCode::kEngine,
              "cannot start " + shown(argv) + ": " + std::strerror(why));
}

pid_t start_child(const std::vector<std::string>& argv, const CommandOptions& options, int out, int err) {
  const std::string program = program_path(argv);
  const auto env_words = merged_environment(options.env);
  const auto arg_pointers = pointers(argv);
  const auto env_pointers = pointers(env_words);
  const std::string cwd = options.cwd.string();
  Pipe report;
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const pid_t ours = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw Error(ErrorCode::kEngine, std::string("cannot fork: ") + std::strerror(errno));
  if (pid == 0) {
    setpgid(0, 0);
    // Killed ourselves, we cannot end it. The signal comes when the forking thread ends, and that one waits.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != ours) _exit(127);  // killed before that: nobody would end it any more
    restore_signals();
    if (dup2(null.get(), 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
        (!cwd.empty() && chdir(cwd.c_str()) != 0)) {
      report_and_exit(report.write_end.get());
    }
    // What somebody left open in us is not the command's: apt, for one, fails on descriptors that it does not
    // know.
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(program.c_str(), arg_pointers.data(), env_pointers.data());
    report_and_exit(report.write_end.get());
  }
  setpgid(pid, pid);  // both sides do it: whoever comes first
  check_started(report, pid, argv);
  return pid;
}

/// Keeps the tail, hands over whole lines. A carriage return ends a line too: progress bars use it.
class ErrorCollector {
 public:
  ErrorCollector(std::string& kept, const std::function<void(std::string_view)>& on_line)
      : kept_(kept), on_line_(on_line) {}
  void add(std::string_view chunk) {
    kept_ += chunk;
    if (kept_.size() > 2 * kErrKept) kept_.erase(0, kept_.size() - kErrKept);
    if (!on_line_) return;
    for (const char c : chunk) {
      if (c == '\n' || c == '\r') {
        flush();
      } else {
        line_ += c;
      }
    }
  }
  void finish() {
    flush();
    if (kept_.size() > kErrKept) kept_.erase(0, kept_.size() - kErrKept);
  }

 private:
  void flush() {
    if (on_line_ && !line_.empty()) on_line_(line_);
    line_.clear();
  }
  std::string& kept_;
  const std::function<void(std::string_view)>& on_line_;
  std::string line_;
};

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// The command's process group: whatever happens, nothing of it is left running.
class Group {
 public:
  Group(pid_t pid, Seconds grace) : pid_(pid), grace_(grace) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() {
    if (!status_) end();
  }

  /// True once the leader has ended. It is not reaped yet: its group keeps its number.
  [[nodiscard]] bool leader_ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  /// After the leader's own end: what it left in the background goes too. Returns the leader's status.
  int finish() {
    kill(-pid_, SIGKILL);
    return reap();
  }

  /// SIGTERM, and SIGKILL to what is still there after the grace. The leader is reaped last, so that its
  /// group's number cannot be given to somebody else in between.
  void end() {
    kill(-pid_, SIGTERM);
    const Deadline grace(grace_);
    while (!grace.expired() && !(leader_ended() && alone())) usleep(10'000);
    finish();
  }

 private:
  int reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
    return status;
  }

  /// True when the (dead, unreaped) leader is the only member of its group.
  [[nodiscard]] bool alone() const {
    for (const pid_t pid : all_processes().value_or(std::vector<pid_t>())) {
      const auto stat = process_stat(pid);
      if (stat && stat->group == pid_ && stat->state != 'Z') return false;
    }
    return true;
  }

  pid_t pid_;
  Seconds grace_;
  std::optional<int> status_;
};

void drain(Fd& fd, const std::function<void(std::string_view)>& take) {
  std::array<char, 16 * 1024> buffer{};
  const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
  if (got > 0) {
    take({buffer.data(), static_cast<std::size_t>(got)});
  } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
    fd.reset();
  }
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& argv, const CommandOptions& options,
                          std::stop_token stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted before " + shown(argv));
  Pipe out, err;
  const Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.open()) throw Error(ErrorCode::kIo, std::string("eventfd: ") + std::strerror(errno));
  const int child_out = (options.out_as_err ? err : out).write_end.get();
  Group group(start_child(argv, options, child_out, err.write_end.get()), options.grace);
  out.write_end.reset();
  err.write_end.reset();

  const std::stop_callback on_stop(stop, [&wake] {
    const std::uint64_t one = 1;
    (void)!write(wake.get(), &one, sizeof one);
  });
  std::optional<Deadline> deadline;
  if (options.timeout) deadline.emplace(*options.timeout);

  CommandResult result;
  ErrorCollector errors(result.err, options.on_line);
  bool ended = false;
  // A grandchild that keeps the pipes open must not hold us once the command itself has ended.
  std::optional<Deadline> linger;
  while (out.read_end.open() || err.read_end.open() || !ended) {
    if (stop.stop_requested()) {
      group.end();
      throw Error(ErrorCode::kInterrupted, "interrupted while running " + shown(argv));
    }
    if (deadline && deadline->expired()) {
      group.end();
      throw Error(ErrorCode::kTimeout, shown(argv) + " did not end within " +
                                           std::to_string(static_cast<long>(options.timeout->count())) +
                                           " s");
    }
    if (!ended && group.leader_ended()) {
      ended = true;
      linger.emplace(Seconds(0.2));
    }
    if (linger && linger->expired()) break;

    std::array<pollfd, 3> fds{
        {{out.read_end.get(), POLLIN, 0}, {err.read_end.get(), POLLIN, 0}, {wake.get(), POLLIN, 0}}};
    const bool pipes = out.read_end.open() || err.read_end.open();
    // The exit is noticed by the pipes' end; a short period only serves programs that close them early.
    (void)poll(fds.data(), fds.size(), pipes && !ended ? 100 : 5);
    if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      drain(out.read_end, [&](std::string_view text) { result.out += text; });
    }
    if ((fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      drain(err.read_end, [&](std::string_view text) { errors.add(text); });
    }
  }
  errors.finish();
  result.exit_code = exit_code_of(group.finish());
  return result;
}

std::string check_command(const std::vector<std::string>& argv, const CommandOptions& options,
                          std::stop_token stop) {
  CommandResult result = run_command(argv, options, stop);
  if (result.exit_code == 0) return std::move(result.out);
  constexpr std::size_t kTail = 2000;
  std::string tail =
      result.err.size() > kTail ? "…" + result.err.substr(result.err.size() - kTail) : result.err;
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == ' ')) tail.pop_back();
  throw Error(ErrorCode::kEngine, shown(argv) + " ended with " + std::to_string(result.exit_code) +
                                      (tail.empty() ? std::string() : ": " + tail));
}

pid_t spawn_daemon(const std::vector<std::string>& argv, const fs::path& log) {
  const std::string program = program_path(argv);
  const auto arg_pointers = pointers(argv);
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd out(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!out.open()) {
    throw Error(ErrorCode::kIo, "cannot write the log " + log.string() + ": " + std::strerror(errno));
  }
  Pipe report;
  const pid_t pid = fork();
  if (pid < 0) throw Error(ErrorCode::kEngine, std::string("cannot fork: ") + std::strerror(errno));
  if (pid == 0) {
    setsid();
    restore_signals();
    if (dup2(null.get(), 0) < 0 || dup2(out.get(), 1) < 0 || dup2(out.get(), 2) < 0) {
      report_and_exit(report.write_end.get());
    }
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(program.c_str(), arg_pointers.data(), environ);
    report_and_exit(report.write_end.get());
  }
  check_started(report, pid, argv);
  return pid;
}

bool have_program(const std::string& program) {
  return find_program(program).has_value();
}

}  // namespace bench
