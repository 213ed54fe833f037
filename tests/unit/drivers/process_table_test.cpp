#include "drivers/process_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace bench {
namespace {

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
