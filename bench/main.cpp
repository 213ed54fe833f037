#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <stop_token>
#include <thread>

#include "bench/app/context.h"
#include "bench/commands/command_line.h"

namespace {

// SIGINT and SIGTERM become a stop request: what runs unwinds and removes its instances. The second one
// kills.
void watch_signals(const sigset_t& signals, std::stop_source& stop, const std::atomic<bool>& finished) {
  int number = 0;
  while (sigwait(&signals, &number) == 0) {
    if (finished) return;
    if (number == SIGUSR2) continue;  // somebody else's: it means nothing to us
    if (stop.stop_requested()) _exit(bench::exit_code::kInterrupted);
    constexpr const char* kText =
        "\nbench: interrupted; removing what is running (once more to leave at once)\n";
    (void)!write(STDERR_FILENO, kText, std::strlen(kText));
    stop.request_stop();
  }
}

// Started without one of them, the first file that we open would be taken for it, and messages would go into
// a run.
void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", O_RDWR);  // takes the lowest free number: this one
  }
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR2}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread, so that all inherit it
  // A shell starts background jobs with SIGINT ignored; ignored signals would never reach the watcher.
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);  // a reader that leaves is an error of write(), not our end

  std::stop_source stop;
  std::atomic<bool> finished = false;
  std::thread watcher([&] { watch_signals(signals, stop, finished); });
  const int code = bench::run_command_line(argc, argv, stop.get_token());
  finished = true;
  pthread_kill(watcher.native_handle(), SIGUSR2);
  watcher.join();
  return code;
}
