#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/base/subprocess.h"
#include "bench/images/boot/initramfs.h"
#include "bench/images/boot/kernel.h"
#include "guest/guest.h"

namespace bench::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr Seconds kBoot{90}, kStop{30};

/// An image from scratch: one static program, and who is who.
class ImageGuest : public testing::Test {
 protected:
  /// The distribution's kernel, or the file that BENCH_TEST_KERNEL and BENCH_TEST_MODULES name: for whoever
  /// wants to know whether a guest boots with another one.
  static void SetUpTestSuite() {
    KernelChoice choice;
    if (const char* kernel = std::getenv("BENCH_TEST_KERNEL")) choice.kernel = kernel;
    if (const char* modules = std::getenv("BENCH_TEST_MODULES")) choice.modules = modules;
    kernel_ = new GuestKernel(find_kernel(choice, {}, {}));
  }
  static void TearDownTestSuite() {
    delete kernel_;
    kernel_ = nullptr;
  }

  ImageGuest() {
    fs::create_directories(tree_.path() / "bin");
    fs::copy_file(BENCH_GUEST_APP, tree_.path() / "bin" / "app");
    tree_.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/home/web:/bin/sh\n");
    tree_.write("etc/group", "root:x:0:\nweb:x:1000:\nlogs:x:2000:other,web\n");
    fs::create_symlink("../run/nowhere/resolv.conf", tree_.path() / "etc" / "resolv.conf");
    config_.command = {"app", "serve"};
    config_.environment = {"GREETING=a b=c\n\"d\"", "COLOUR=red"};
    config_.user = "web";
    config_.workdir = "/srv/of/the app";
    config_.hostname = "guest-of-a-test";
    config_.stop_signal = SIGUSR1;
    config_.nonce_variable = "BENCH_NONCE";
    config_.tmpfs = {"/tmp"};
    config_.limits = {{RLIMIT_NOFILE, 1234, 4321}};
  }

  static const GuestKernel& kernel() { return *kernel_; }

  TempDir tree_;
  GuestConfig config_;

 private:
  static inline const GuestKernel* kernel_ = nullptr;
};

TEST_F(ImageGuest, RunsTheProgramAsAContainerWouldAndStopsItPolitely) {
  Guest guest(kernel(), tree_.path(), config_, {{"COLOUR", "it's $HOME \"x\"\n\\\n"}, {"EMPTY", ""}});
  const std::string answer = guest.ask(kBoot);
  ASSERT_FALSE(answer.empty()) << guest.console();
  for (const char* line : {"pid 1\n",
                           "uid 1000\n",
                           "gid 1000\n",
                           "groups 1000 2000\n",
                           "cwd /srv/of/the app\n",
                           "files 1234\n",
                           "host guest-of-a-test\n",
                           "session 1\n",
                           "env GREETING=a b=c\n\"d\"\n",
                           "env COLOUR=it's $HOME \"x\"\n\\\n\n",
                           "env EMPTY=\n",
                           "env HOME=/home/web\n",
                           "env HOSTNAME=guest-of-a-test\n",
                           "env BENCH_NONCE=nonce-of-the-trial\n",
                           "env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
                           "/dev/stdout writable\n",
                           "/dev/null writable\n",
                           "/dev/shm/x writable\n",
                           "/tmp/x writable\n",
                           "/etc/hosts 127.0.0.1\tlocalhost\n",
                           "/etc/resolv.conf nameserver 10.0.2.3\n",
                           "/proc/self/stat 1 (app)",
                           "/proc/1/comm app\n"}) {
    EXPECT_THAT(answer, HasSubstr(line));
  }
  guest.press_power_button();
  EXPECT_TRUE(guest.ends(kStop)) << guest.console();
  EXPECT_THAT(guest.console(), HasSubstr("app: stopping"));
  EXPECT_THAT(guest.console(), HasSubstr("@bench exit 7\r\n"));
  const std::string console = guest.console();
  const std::size_t init = console.find("@bench init\r\n");
  EXPECT_LT(console.find("Linux version"), console.find("@bench userspace\r\n"));
  EXPECT_LT(console.find("@bench userspace\r\n"), console.find("@bench root\r\n"));
  EXPECT_LT(console.find("@bench root\r\n"), init);
  EXPECT_NE(init, std::string::npos);
  EXPECT_THAT(console, Not(HasSubstr("bench: "))) << "the init complained";
}

TEST_F(ImageGuest, KillsAfterTheGraceWhatIgnoresTheSignalAsProcessOneDoes) {
  config_.command = {"/bin/app", "deaf"};
  config_.user = "";
  config_.grace = std::chrono::milliseconds(500);
  Guest guest(kernel(), tree_.path(), config_);
  const std::string answer = guest.ask(kBoot);
  EXPECT_THAT(answer, HasSubstr("uid 0\n")) << guest.console();
  EXPECT_THAT(answer, HasSubstr("env HOME=/root\n"));
  guest.press_power_button();
  EXPECT_TRUE(guest.ends(kStop));
  EXPECT_THAT(guest.console(), HasSubstr("@bench exit 137\r\n"));
}

TEST_F(ImageGuest, TurnsTheMachineOffWhenTheProgramEndsByItself) {
  config_.command = {"/bin/app", "leave"};
  Guest guest(kernel(), tree_.path(), config_);
  EXPECT_TRUE(guest.ends(kBoot)) << guest.console();
  EXPECT_THAT(guest.console(), HasSubstr("@bench exit 3\r\n"));
}

TEST_F(ImageGuest, SaysWhatCannotBeStarted) {
  config_.command = {"no-such-program"};
  config_.user = "1234";
  Guest guest(kernel(), tree_.path(), config_);
  EXPECT_TRUE(guest.ends(kBoot)) << guest.console();
  EXPECT_THAT(
      guest.console(),
      HasSubstr("bench: exec no-such-program: executable file not found in $PATH\r\n@bench exit 127\r\n"));
}

}  // namespace
}  // namespace bench::test
