#include "bench/base/subprocess.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "bench/base/error.h"
#include "bench/base/files.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// True once `condition` holds, false after 5 s.
template <typename Condition>
bool eventually(Condition condition) {
  const Deadline deadline(Seconds(5));
  while (!deadline.expired()) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return condition();
}

bool alive(pid_t pid) {
  const std::string stat = file_text("/proc/" + std::to_string(pid) + "/stat");
  return !stat.empty() && stat.find(") Z") == std::string::npos;
}

class SubprocessTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "bench-sub-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }
  fs::path root_;
};

TEST_F(SubprocessTest, CapturesBothStreamsAndTheExitCode) {
  const auto result = run_command({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.exit_code, 3);
}

TEST_F(SubprocessTest, ArgumentsAreNotSeenByAShell) {
  EXPECT_EQ(check_command({"printf", "%s|", "a b", "$HOME", "*"}), "a b|$HOME|*|");
}

TEST_F(SubprocessTest, LargeOutputOnBothStreamsDoesNotBlock) {
  const auto result = run_command({"sh", "-c", "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2"});
  EXPECT_EQ(result.out.size(), 1'000'000U);
  EXPECT_EQ(result.err.size(), 64U * 1024);
}

TEST_F(SubprocessTest, LinesOfStderrAreHandedOver) {
  std::vector<std::string> lines;
  CommandOptions options;
  options.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  run_command({"sh", "-c", "printf 'one\\ntwo\\rthr' >&2; sleep 0.05; printf 'ee' >&2"}, options);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(SubprocessTest, BothStreamsCanBeOne) {
  std::vector<std::string> lines;
  CommandOptions options;
  options.out_as_err = true;
  options.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  const CommandResult result = run_command({"sh", "-c", "echo 1; echo 2 >&2; echo 3"}, options);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(lines, (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(SubprocessTest, EnvironmentAndDirectoryAreGiven) {
  CommandOptions options;
  options.env = {{"BENCH_TEST_WORD", "hello"}};
  options.cwd = root_;
  EXPECT_EQ(check_command({"sh", "-c", "echo $BENCH_TEST_WORD; pwd -P"}, options),
            "hello\n" + fs::canonical(root_).string() + "\n");
}

TEST_F(SubprocessTest, StandardInputIsEmpty) {
  EXPECT_EQ(check_command({"cat"}), "");
}

TEST_F(SubprocessTest, DeathBySignalIs128PlusItsNumber) {
  EXPECT_EQ(run_command({"sh", "-c", "kill -KILL $$"}).exit_code, 128 + SIGKILL);
}

TEST_F(SubprocessTest, MissingProgramIsUnavailable) {
  try {
    run_command({"no-such-program-of-bench"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_NE(std::string(error.what()).find("no-such-program-of-bench"), std::string::npos);
  }
  EXPECT_FALSE(have_program("no-such-program-of-bench"));
  EXPECT_TRUE(have_program("sh"));
  EXPECT_TRUE(have_program("/bin/sh"));
  EXPECT_FALSE(have_program("/tmp"));
}

TEST_F(SubprocessTest, CheckCommandThrowsTheTailOfStderr) {
  try {
    check_command({"sh", "-c", "echo 'no space left' >&2; exit 7"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kEngine);
    EXPECT_NE(std::string(error.what()).find("ended with 7: no space left"), std::string::npos)
        << error.what();
  }
}

TEST_F(SubprocessTest, TimeoutEndsTheWholeGroup) {
  CommandOptions options;
  options.timeout = Seconds(0.2);
  const fs::path pidfile = root_ / "pid";
  const auto start = Clock::now();
  try {
    run_command({"sh", "-c", "sleep 60 & echo $! > " + pidfile.string() + "; wait"}, options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  }
  EXPECT_LT(Clock::now() - start, 2s);
  const pid_t grandchild = std::stoi(file_text(pidfile));
  EXPECT_TRUE(eventually([&] { return !alive(grandchild); }));
}

TEST_F(SubprocessTest, AnInterruptLeavesTimeForAnOrderlyEnd) {
  std::stop_source source;
  const fs::path begun = root_ / "begun", put_away = root_ / "put-away";
  const std::jthread later([&] {
    for (int i = 0; i < 1000 && !fs::exists(begun); ++i) std::this_thread::sleep_for(10ms);
    source.request_stop();
  });
  CommandOptions options;
  options.grace = Seconds(60);
  EXPECT_THROW(run_command({"sh", "-c",
                            "trap 'sleep 3; : >" + put_away.string() + "; exit 0' TERM; : >" +
                                begun.string() + "; while :; do sleep 0.05; done"},
                           options, source.get_token()),
               Error);
  EXPECT_TRUE(fs::exists(put_away)) << "it was killed while it put away what it had";
}

TEST_F(SubprocessTest, StopTokenEndsEvenWhatIgnoresSigterm) {
  std::stop_source source;
  std::jthread later([&] {
    std::this_thread::sleep_for(200ms);
    source.request_stop();
  });
  const fs::path pidfile = root_ / "pid";
  const auto start = Clock::now();
  try {
    run_command(
        {"sh", "-c", "trap '' TERM; echo $$ > " + pidfile.string() + "; while :; do sleep 0.05; done"}, {},
        source.get_token());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  EXPECT_LT(Clock::now() - start, 4s);
  EXPECT_FALSE(alive(std::stoi(file_text(pidfile))));
}

TEST_F(SubprocessTest, StoppedBeforehandStartsNothing) {
  std::stop_source source;
  source.request_stop();
  const fs::path trace = root_ / "trace";
  EXPECT_THROW(run_command({"touch", trace.string()}, {}, source.get_token()), Error);
  EXPECT_FALSE(fs::exists(trace));
}

TEST_F(SubprocessTest, ABackgroundChildNeitherHoldsUsNorOutlivesTheCommand) {
  for (const char* keeps : {"", " >/dev/null 2>&1"}) {  // the pipes, or nothing of ours
    const auto result = run_command({"sh", "-c", std::string("sleep 600") + keeps + " & echo $!"});
    EXPECT_EQ(result.exit_code, 0);
    const pid_t child = std::stoi(result.out);
    EXPECT_TRUE(eventually([&] { return !alive(child); })) << keeps;
    kill(child, SIGKILL);
  }
}

TEST_F(SubprocessTest, ADaemonOfACommandLivesOn) {
  const std::string pidfile = (root_ / "pid").string();
  run_command({"sh", "-c",
               "setsid sh -c 'echo $$ >" + pidfile + "; exec sleep 600' >/dev/null 2>&1 & while [ ! -s " +
                   pidfile + " ]; do sleep 0.02; done"});
  const pid_t daemon = std::stoi(file_text(pidfile));
  usleep(100'000);
  EXPECT_TRUE(alive(daemon));
  kill(daemon, SIGKILL);
}

TEST_F(SubprocessTest, CommandDiesWithUs) {
  const fs::path pidfile = root_ / "pid";
  const pid_t parent = fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    run_command({"sh", "-c",
                 "echo $$ > " + pidfile.string() + ".new; mv " + pidfile.string() + ".new " +
                     pidfile.string() + "; while :; do sleep 0.05; done"});
    _exit(1);
  }
  EXPECT_TRUE(eventually([&] { return fs::exists(pidfile); }));
  kill(parent, SIGKILL);
  EXPECT_EQ(waitpid(parent, nullptr, 0), parent);
  const pid_t command = std::stoi(file_text(pidfile));
  EXPECT_TRUE(eventually([&] { return !alive(command); }));
}

TEST_F(SubprocessTest, NothingThatIsOpenInUsReachesTheCommand) {
  const int leak = open("/dev/null", O_RDONLY);  // not close-on-exec, as somebody else's library might do it
  ASSERT_GE(leak, 3);
  const CommandResult result = run_command({"sh", "-c", "test ! -e /proc/self/fd/" + std::to_string(leak)});
  close(leak);
  EXPECT_EQ(result.exit_code, 0);
}

TEST_F(SubprocessTest, DaemonLivesInItsOwnSessionAndWritesItsLog) {
  const fs::path log = root_ / "log";
  const pid_t pid = spawn_daemon({"sh", "-c", "echo started; echo warning >&2; sleep 60"}, log);
  EXPECT_TRUE(eventually([&] { return file_text(log) == "started\nwarning\n"; })) << file_text(log);
  EXPECT_EQ(getsid(pid), pid);
  kill(-pid, SIGKILL);
  EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
}

}  // namespace
}  // namespace bench
