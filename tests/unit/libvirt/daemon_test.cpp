#include "drivers/libvirt/daemon/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "drivers/libvirt/daemon/daemon_memory.h"
#include "tests/support/directory.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kSystem = "qemu:///system";
constexpr const char* kSession = "qemu:///session";

/// Daemons as scripted, and who was tried.
struct Daemons {
  std::map<std::string, Seconds> starts;  ///< who is not in it does not work
  std::optional<Warning> hidden;
  std::vector<std::string> tried;
  DaemonChoice choice() {
    return choose_daemon(
        {kSystem, kSession},
        [this](const std::string& uri) {
          tried.push_back(uri);
          if (const auto found = starts.find(uri); found != starts.end()) return found->second;
          throw Error(ErrorCode::kEngine, "no guests today", "come back tomorrow");
        },
        [this] { return hidden; });
  }
};

TEST(DaemonChoice, WithoutADaemonItIsTheEmbeddedDriverAndNothingIsSaid) {
  const DaemonChoice choice = choose_daemon({}, {}, {});
  EXPECT_FALSE(choice.uri);
  EXPECT_THAT(choice.not_taken, IsEmpty());
}

TEST(DaemonChoice, TheSystemsIsTakenBeforeTheSessions) {
  Daemons both{{{kSystem, Seconds(0.5)}, {kSession, Seconds(0.1)}}, {}, {}};
  const DaemonChoice choice = both.choice();
  EXPECT_EQ(choice.uri, kSystem);
  EXPECT_THAT(choice.not_taken, IsEmpty());
  EXPECT_THAT(both.tried, ElementsAre(kSystem)) << "a guest in the other is not started for nothing";
}

TEST(DaemonChoice, OneThatStartsSlowlyIsLeftForTheNext) {
  Daemons slow{{{kSystem, kSlowStart}, {kSession, kSlowStart - Seconds(0.1)}}, {}, {}};
  EXPECT_EQ(slow.choice().uri, kSession);
  ASSERT_THAT(slow.choice().not_taken, SizeIs(1)) << "why it is not the first one";
}

TEST(DaemonChoice, WhereAllAreSlowItIsTheEmbeddedDriverAndEachIsNamed) {
  Daemons slow{{{kSystem, Seconds(76)}, {kSession, Seconds(12)}}, Warning{"unseen", "show it"}, {}};
  const DaemonChoice choice = slow.choice();
  EXPECT_FALSE(choice.uri);
  ASSERT_THAT(choice.not_taken, SizeIs(2));
  EXPECT_EQ(choice.not_taken[0].text, "qemu:///system is not used: it takes 76 s to start an empty guest");
  EXPECT_THAT(choice.not_taken[0].remedy, HasSubstr("--connect"));
  EXPECT_THAT(choice.not_taken[1].text, HasSubstr("qemu:///session is not used: it takes 12 s"));
}

TEST(DaemonChoice, OneThatDoesNotWorkSaysWhyAndWhatHelps) {
  Daemons broken;
  broken.hidden = Warning{"AppArmor hides the images", "show them"};
  const DaemonChoice choice = broken.choice();
  EXPECT_FALSE(choice.uri);
  ASSERT_THAT(choice.not_taken, SizeIs(2));
  EXPECT_EQ(choice.not_taken[0].text,
            "qemu:///system is not used: no guests today; AppArmor hides the images");
  EXPECT_EQ(choice.not_taken[0].remedy, "show them");
  EXPECT_EQ(choice.not_taken[1].text, "qemu:///session is not used: no guests today")
      << "the user's own daemon sees what the user sees";
  EXPECT_EQ(choice.not_taken[1].remedy, "come back tomorrow");
}

/// Somebody who listens, and never answers.
class Listener {
 public:
  explicit Listener(const fs::path& socket) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    fs::create_directories(socket.parent_path());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
    listens_ = ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
               ::listen(fd_.get(), 8) == 0;
  }
  [[nodiscard]] bool listens() const { return listens_; }

 private:
  Fd fd_;
  bool listens_ = false;
};

class LibvirtDaemons : public testing::Test {
 protected:
  LibvirtDaemons() { ::setenv("XDG_RUNTIME_DIR", place_.path().c_str(), 1); }
  ~LibvirtDaemons() override { ::unsetenv("XDG_RUNTIME_DIR"); }
  test::Directory place_;
};

TEST_F(LibvirtDaemons, TheSessionsListensInTheUsersRuntimeDirectory) {
  EXPECT_FALSE(daemon_of(kSession));
  const Listener monolithic(place_.path() / "libvirt" / "libvirt-sock");
  ASSERT_TRUE(monolithic.listens());
  EXPECT_EQ(daemon_of(kSession), ::getpid());
}

TEST_F(LibvirtDaemons, ASocketThatIsNamedIsTheOne) {
  const Listener own(place_.path() / "own");
  ASSERT_TRUE(own.listens());
  const std::string uri = "qemu+unix:///system?socket=" + (place_.path() / "own").string();
  EXPECT_EQ(daemon_of(uri), ::getpid());
  EXPECT_EQ(daemon_of(uri + "&mode=direct"), ::getpid());
  EXPECT_FALSE(daemon_of(uri + "s"));
  EXPECT_FALSE(daemon_of("test:///default"));
}

TEST_F(LibvirtDaemons, RootsSessionIsTheSystemsDaemonAndAUsersIsTheirOwn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const Listener session(place_.path() / "libvirt" / "virtqemud-sock");
  ASSERT_TRUE(session.listens());
  EXPECT_THAT(daemons_that_listen(), Not(Contains(kSession)));
  fs::permissions(place_.path(), fs::perms::all);
  fs::permissions(place_.path() / "libvirt" / "virtqemud-sock", fs::perms::all);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool user = ::setresgid(12345, 12345, 12345) == 0 && ::setresuid(12345, 12345, 12345) == 0;
    const auto found = daemons_that_listen();
    ::_exit(user && !found.empty() && found.back() == kSession ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace bench
