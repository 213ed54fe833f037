#include "drivers/common/process_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "bench/base/procfs.h"
#include "support/sleeper.h"

namespace bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ProcessTable, HoldsThisProcessUnderItsParent) {
  const auto table = living_processes();
  ASSERT_TRUE(table.contains(getpid()));
  EXPECT_EQ(table.at(getpid()).parent, getppid());
  EXPECT_EQ(table.at(getpid()).name, "unit_drivers");
}

TEST(ProcessTable, HoldsNoZombie) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(living_processes().contains(child));
  EXPECT_TRUE(command_line(child).empty());
  waitpid(child, nullptr, 0);
}

TEST(CommandLine, IsInWords) {
  const auto words = command_line(getpid());
  ASSERT_FALSE(words.empty());
  EXPECT_THAT(words[0], HasSubstr("unit_drivers"));
  EXPECT_TRUE(any_word_holds(words, "unit_driv"));
  EXPECT_FALSE(any_word_holds(words, "no such word"));
  EXPECT_FALSE(any_word_holds({}, ""));
}

TEST(NamesPathBelow, KnowsAPathFromTheEndOfAnotherOne) {
  for (const char* word : {"/run/bench/0/qmp/pid", "unix:/run/bench/0/m,server", "path=/run/bench/0/x",
                           "{\"path\":\"/run/bench/0/x\"}", "a=/srv/run/bench/0/x,b=/run/bench/0/x"}) {
    EXPECT_TRUE(names_path_below(word, "/run/bench/0")) << word;
  }
  for (const char* word : {"", "/run/bench/0", "/run/bench/01/x", "/srv/run/bench/0/x", "../run/bench/0/x",
                           "unix:/run/bench/0/../1/x", "/run/bench/0/.."}) {
    EXPECT_FALSE(names_path_below(word, "/run/bench/0")) << word;
  }
}

TEST(ProcessesBelow, AreEndedAndNoOthers) {
  const Sleeper ours({"qemu-system-x86_64", "unix:/nowhere/bench/0/lib/qmp-AB/qmp.monitor,server"});
  const Sleeper others({"qemu-system-x86_64", "unix:/nowhere/bench/01/lib/qmp-AB/qmp.monitor"});
  const Sleeper longer({"qemu-system-x86_64", "-pidfile", "/home/u/nowhere/bench/0/pid"});
  const Sleeper reader({"tail", "/nowhere/bench/0/log/qemu/a.log"});
  EXPECT_THAT(processes_below("/nowhere/bench/0", "qemu"),
              ElementsAre(ProcessIdentity{ours.pid(), *process_start_time(ours.pid())}));
  EXPECT_EQ(end_processes_below("/nowhere/bench/0", "qemu", Seconds(30)), 1);
  EXPECT_FALSE(ours.lives());
  EXPECT_TRUE(others.lives() && longer.lives() && reader.lives());
}

TEST(SignalProcess, SparesALaterProcessWithTheSameNumber) {
  const Sleeper child({"sleeper"});
  const auto start = process_start_time(child.pid());
  ASSERT_TRUE(start);
  EXPECT_FALSE(signal_process({child.pid(), *start + 1}, SIGKILL));
  EXPECT_FALSE(signal_process({0, 0}, SIGKILL));
  EXPECT_TRUE(child.lives());
  EXPECT_TRUE(signal_process({child.pid(), *start}, SIGTERM));
}

/// A unix socket in a directory of its own, bound and not yet listening.
class SocketOfMine {
 public:
  SocketOfMine() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bench-sock-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    dir_ = pattern;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("bind");
    }
  }
  ~SocketOfMine() {
    close(fd_);
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  SocketOfMine(const SocketOfMine&) = delete;
  SocketOfMine& operator=(const SocketOfMine&) = delete;

  [[nodiscard]] std::filesystem::path path() const { return dir_ / "socket"; }
  void start() const { ASSERT_EQ(listen(fd_, 1), 0); }

 private:
  int fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::filesystem::path dir_;
};

TEST(ListeningProcess, IsTheOneThatCalledListen) {
  const SocketOfMine mine;
  EXPECT_EQ(listening_process(mine.path()), std::nullopt) << "nobody listens yet";
  mine.start();
  EXPECT_EQ(listening_process(mine.path()), getpid());
}

TEST(ListeningProcess, IsUnknownWhereThereIsNoSocket) {
  EXPECT_EQ(listening_process("/nowhere/socket"), std::nullopt);
  EXPECT_EQ(listening_process("/tmp/" + std::string(120, 'x')), std::nullopt)
      << "longer than an address may be";
}

}  // namespace
}  // namespace bench
