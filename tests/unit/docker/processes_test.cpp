#include "drivers/docker/processes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/directory.h"

namespace bench::test {

namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

constexpr const char* kContainer = "c0ffee5a1d";

/// A shell under another name, with words of one's choice behind its script. It tells numbers of processes on
/// its output; all that it has started ends with it.
class Played {
 public:
  Played(const fs::path& program, const std::string& script, std::vector<std::string> words) {
    fs::create_symlink("/bin/sh", program);
    words.insert(words.begin(), {program.string(), "-c", script});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int ends[2] = {-1, -1};
    if (pipe(ends) != 0) throw std::runtime_error("pipe");
    pid_ = fork();
    if (pid_ == 0) {
      setpgid(0, 0);
      dup2(ends[1], STDOUT_FILENO);
      execv(program.c_str(), argv.data());
      _exit(127);
    }
    close(ends[1]);
    output_ = fdopen(ends[0], "r");
  }
  ~Played() {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    std::fclose(output_);
  }
  Played(const Played&) = delete;
  Played& operator=(const Played&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The next number that it tells: then it has the words that it was given, too.
  [[nodiscard]] pid_t told() const {
    int number = 0;
    return std::fscanf(output_, "%d", &number) == 1 ? number : 0;
  }

 private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

Played proxy(const fs::path& program, const std::string& port) {
  return {program,
          "echo $$; sleep 1000 >/dev/null & wait",
          {"-proto", "tcp", "-host-ip", "127.0.0.1", "-host-port", port, "-container-port", "4567"}};
}

std::map<pid_t, std::string> roles(const std::vector<HostProcess>& processes) {
  std::map<pid_t, std::string> found;
  for (const HostProcess& process : processes) found[process.pid] += process.role;
  return found;
}

class ContainerProcesses : public testing::Test {
 protected:
  ContainerProcesses()
      : shim_(place_.path() / "containerd-shim", R"(sh -c 'sleep 1000 >/dev/null & echo $$ $!; wait' & wait)",
              {"-id", kContainer}),
        init_(shim_.told()),
        worker_(shim_.told()) {}

  Directory place_;
  Played shim_;
  pid_t init_, worker_;
};

TEST_F(ContainerProcesses, AreTheAppWithItsChildrenWhoWatchesItAndWhoCarriesItsPort) {
  ASSERT_GT(init_, 0);
  ASSERT_GT(worker_, 0);
  const Played own = proxy(place_.path() / "docker-proxy", "47124");
  ASSERT_EQ(own.told(), own.pid());
  fs::create_directory(place_.path() / "other");
  const Played others = proxy(place_.path() / "other" / "docker-proxy", "4712");
  ASSERT_EQ(others.told(), others.pid());
  const std::map<pid_t, std::string> inside{{init_, "app"}, {worker_, "app"}, {shim_.pid(), "shim"}};
  EXPECT_EQ(roles(container_processes(init_, kContainer, 0)), inside) << "nothing is published";
  auto all = inside;
  all[own.pid()] = "proxy";
  EXPECT_EQ(roles(container_processes(init_, kContainer, 47124)), all);
}

TEST_F(ContainerProcesses, ARootlessDaemonsProxyIsOneToo) {
  const Played own = proxy(place_.path() / "rootlesskit-docker-proxy", "47125");
  ASSERT_EQ(own.told(), own.pid());
  EXPECT_EQ(roles(container_processes(init_, kContainer, 47125))[own.pid()], "proxy");
}

TEST_F(ContainerProcesses, OfAContainerThatWasReplacedByAnotherProcessThereAreNone) {
  EXPECT_THAT(container_processes(init_, "decaf0", 0), IsEmpty());
  EXPECT_THAT(container_processes(worker_, kContainer, 0), IsEmpty()) << "no monitor stands above it";
}

}  // namespace

}  // namespace bench::test
