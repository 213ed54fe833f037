// A private Docker daemon is really started, shared, killed and cleaned up.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/net/http.h"
#include "drivers/docker/private/bridge.h"
#include "drivers/docker/private/place.h"
#include "drivers/docker/private/private_docker.h"

namespace bench::test {

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

std::string new_directory() {
  std::string pattern = "/tmp/bench-pd-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  return pattern;
}

/// Directories of its own, so that no daemon of the user's runs is met.
class PrivateDockerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto obstacle = private_docker_obstacle()) GTEST_SKIP() << obstacle->text;
  }
  void TearDown() override {
    clean_private_docker(true);
    fs::remove_all(directory_);
  }

  static bool answers(const fs::path& socket) {
    try {
      return http_request(socket, {.path = "/_ping", .timeout = Seconds(5)}).status == 200;
    } catch (const Error&) {
      return false;
    }
  }

  /// Everything of the daemon's that is still there.
  [[nodiscard]] std::vector<std::string> remains() const {
    std::vector<std::string> found;
    const DaemonPlace place = new_place();
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string command = file_text(entry.path() / "cmdline");
      if (command.find(directory_) != std::string::npos) found.push_back("process " + command);
    }
    std::istringstream mounts(file_text("/proc/self/mountinfo"));
    for (std::string line; std::getline(mounts, line);) {
      if (line.find(directory_) != std::string::npos) found.push_back("mount " + line);
    }
    if (if_nametoindex(place.tag.c_str()) != 0) found.push_back("bridge " + place.tag);
    for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup")) {
      if (fs::exists(entry.path() / place.tag)) found.push_back("cgroup " + entry.path().string());
    }
    if (fs::exists(place.run_dir)) found.push_back(place.run_dir);
    if (fs::exists(record_path())) found.push_back(record_path());
    return found;
  }

  /// A process that uses the daemon, and was killed in the middle of it.
  static void use_and_be_killed() {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      bool fine = false;
      try {
        const auto daemon = PrivateDocker::acquire();
        fine = write(ready[1], "x", 1) == 1;
        pause();
      } catch (const std::exception& error) {
        fprintf(stderr, "%s\n", error.what());
      }
      _exit(fine ? 0 : 1);
    }
    close(ready[1]);
    char byte = 0;
    EXPECT_EQ(read(ready[0], &byte, 1), 1) << "the child could not start the daemon";
    close(ready[0]);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }

  std::string directory_ = new_directory();
  Variable cache_{"BENCH_CACHE_DIR", directory_ + "/cache"};
  Variable state_{"BENCH_STATE_DIR", directory_ + "/state"};
};

}  // namespace

/// The address of an interface; empty where it has none.
std::string address_of(const std::string& interface) {
  ifaddrs* list = nullptr;
  std::string found;
  if (getifaddrs(&list) != 0) return found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (interface != entry->ifa_name || entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET)
      continue;
    char text[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr, text, sizeof text);
    found = text;
  }
  freeifaddrs(list);
  return found;
}

// dockerd remembers the subnet of the bridge that it had: it may be another daemon's when it starts again.
TEST_F(PrivateDockerTest, ASubnetThatIsGoneToAnotherBridgeIsNotTakenBack) {
  const std::string bridge = new_place().tag, other = fmt::format("bench-t{}", getpid());
  PrivateDocker::acquire().reset();
  ASSERT_EQ(address_of(bridge), "") << "it went with its daemon";
  make_bridge(other);
  const std::string taken = address_of(other);
  const auto docker = PrivateDocker::acquire();
  const std::string own = address_of(bridge);
  EXPECT_TRUE(remove_bridge(other));
  EXPECT_NE(taken, "");
  EXPECT_NE(own, "");
  EXPECT_NE(own, taken);
}

TEST_F(PrivateDockerTest, StartsAndLeavesNothing) {
  {
    const auto daemon = PrivateDocker::acquire();
    EXPECT_TRUE(answers(daemon->socket()));
    EXPECT_EQ(running_private_docker(), daemon->socket());
    EXPECT_EQ(getpgid(read_record()->pid), read_record()->pid) << "a terminal's Ctrl-C would reach it";
  }
  EXPECT_THAT(remains(), IsEmpty());
  EXPECT_FALSE(running_private_docker());
  EXPECT_THAT(clean_private_docker(), IsEmpty());
}

TEST_F(PrivateDockerTest, TheHostsFirewallAndForwardingStayAsTheyAre) {
  const std::string forwarding = file_text("/proc/sys/net/ipv4/ip_forward");
  const std::string tables = file_text("/proc/net/ip_tables_names");
  const auto daemon = PrivateDocker::acquire();
  EXPECT_EQ(file_text("/proc/sys/net/ipv4/ip_forward"), forwarding);
  EXPECT_EQ(file_text("/proc/net/ip_tables_names"), tables);
}

TEST_F(PrivateDockerTest, IsSharedAndEndsWithItsLastUser) {
  auto first = PrivateDocker::acquire();
  auto second = PrivateDocker::acquire();
  EXPECT_EQ(first->socket(), second->socket());
  first.reset();
  EXPECT_TRUE(answers(second->socket()));
  EXPECT_THAT(clean_private_docker(), IsEmpty()) << "somebody uses it";
  EXPECT_TRUE(answers(second->socket()));
  second.reset();
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(PrivateDockerTest, IsTakenOverFromAKilledUser) {
  use_and_be_killed();
  ASSERT_TRUE(running_private_docker());
  const pid_t pid = read_record()->pid;
  {
    const auto daemon = PrivateDocker::acquire();
    EXPECT_EQ(read_record()->pid, pid);
  }
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(PrivateDockerTest, IsCleanedUpAfterAKilledUser) {
  use_and_be_killed();
  ASSERT_TRUE(running_private_docker());
  EXPECT_THAT(clean_private_docker(), testing::Not(IsEmpty()));
  EXPECT_THAT(remains(), IsEmpty());
}

// A daemon that is killed while it writes a container's configuration never knows that container again.
TEST_F(PrivateDockerTest, AHalfWrittenContainerIsCleanedUpOnceItIsOld) {
  fs::path store;
  {
    const auto daemon = PrivateDocker::acquire();
    store = read_record()->data_root / "containers";
  }
  fs::create_directories(store / "0ld");
  fs::create_directories(store / "y0ung");
  fs::last_write_time(store / "0ld", fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_THAT(clean_private_docker(), testing::SizeIs(1));
  EXPECT_FALSE(fs::exists(store / "0ld"));
  EXPECT_TRUE(fs::exists(store / "y0ung")) << "somebody may be writing it";
  EXPECT_THAT(clean_private_docker(), IsEmpty());
}

TEST_F(PrivateDockerTest, ADaemonThatWasKilledLeavesNothingEither) {
  {
    const auto daemon = PrivateDocker::acquire();
    kill(read_record()->pid, SIGKILL);
  }
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(PrivateDockerTest, AFailedStartShowsTheEndOfTheLog) {
  fs::create_directories(directory_ + "/cache/docker");
  std::ofstream(directory_ + "/cache/docker/containerd-root") << "in the way";
  try {
    PrivateDocker::acquire();
    ADD_FAILURE() << "started in spite of that";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("a private containerd did not start: it ended with 1"));
    EXPECT_THAT(error.what(), HasSubstr("not a directory"));
    EXPECT_FALSE(error.remedy().empty());
  }
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(PrivateDockerTest, AnInterruptedStartLeavesNothing) {
  std::stop_source source;
  std::jthread stopper([&] {
    usleep(80'000);
    source.request_stop();
  });
  try {
    PrivateDocker::acquire({}, source.get_token());
    GTEST_LOG_(INFO) << "was ready sooner than it was interrupted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted) << error.what();
  }
  EXPECT_THAT(remains(), IsEmpty());
}

}  // namespace bench::test
