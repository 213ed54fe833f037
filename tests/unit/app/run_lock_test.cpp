#include "bench/app/run/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bench/base/error.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t kSomebody = 12345;
constexpr uid_t kSomebodyElse = 12346;

/// The ways in which bench is started.
struct Start {
  const char* way;
  uid_t uid;
  const char* runtime_dir;  ///< XDG_RUNTIME_DIR; null: unset
};
const Start kStarts[] = {{"root's login shell", 0, "/run/user/0"},
                         {"root's crontab", 0, nullptr},
                         {"sudo that keeps the variable", 0, "/run/user/12345"},
                         {"a user's login shell", kSomebody, "/run/user/12345"},
                         {"a user's crontab", kSomebody, nullptr},
                         {"another user", kSomebodyElse, nullptr}};

/// Directories like /run/lock and /tmp: everybody may write, and remove what is theirs.
class Lock : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/bench-lock-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    base_ = name;
    ASSERT_EQ(chmod(base_.c_str(), 0755), 0);
    for (const char* dir : {"lock", "tmp"}) {
      fs::create_directory(base_ / dir);
      ASSERT_EQ(chmod((base_ / dir).c_str(), 01777), 0);
    }
    files_ = {base_ / "lock" / "bench.lock", base_ / "tmp" / "bench.lock"};
    for (const char* variable : {"BENCH_STATE_DIR", "BENCH_LOCK_FILE"}) unsetenv(variable);
  }
  void TearDown() override {
    unsetenv("XDG_RUNTIME_DIR");
    fs::remove_all(base_);
  }

  /// 'y' when a process of that kind gets the lock, 'n' when it is refused, 'e' when something else happens.
  char tried(const Start& start, const std::vector<fs::path>& files) const {
    const pid_t child = fork();
    if (child == 0) _exit(attempt(start, files));
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? static_cast<char>(WEXITSTATUS(status)) : 'e';
  }

  /// A process that holds the lock until this goes.
  class Holder {
   public:
    Holder(const Start& start, const std::vector<fs::path>& files) {
      int ready[2];
      if (pipe(ready) != 0 || pipe(end_) != 0) throw std::runtime_error("pipe");
      pid_ = fork();
      if (pid_ == 0) {
        close(end_[1]);
        if (!become(start)) _exit(1);
        try {
          const RunLock lock(files);
          char byte = 'y';
          if (write(ready[1], &byte, 1) == 1) (void)!read(end_[0], &byte, 1);
        } catch (const std::exception& error) {
          fprintf(stderr, "%s: %s\n", start.way, error.what());
        }
        _exit(0);
      }
      close(ready[1]);
      char byte = 0;
      holds_ = read(ready[0], &byte, 1) == 1;
      close(ready[0]);
    }
    ~Holder() {
      close(end_[1]);
      close(end_[0]);
      waitpid(pid_, nullptr, 0);
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    [[nodiscard]] bool holds() const { return holds_; }

   private:
    pid_t pid_ = -1;
    int end_[2] = {-1, -1};
    bool holds_ = false;
  };

  static bool become(const Start& start) {
    if (start.runtime_dir != nullptr) {
      setenv("XDG_RUNTIME_DIR", start.runtime_dir, 1);
    } else {
      unsetenv("XDG_RUNTIME_DIR");
    }
    umask(start.uid == 0 ? 077 : 022);
    return start.uid == geteuid() || (setresgid(start.uid, start.uid, start.uid) == 0 &&
                                      setresuid(start.uid, start.uid, start.uid) == 0);
  }
  static char attempt(const Start& start, const std::vector<fs::path>& files) {
    if (!become(start)) return 'e';
    try {
      const RunLock lock(files);
      return 'y';
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kUnavailable) return 'n';
      fprintf(stderr, "%s: %s\n", start.way, error.what());
      return 'e';
    }
  }

  fs::path base_;
  std::vector<fs::path> files_;
};

TEST_F(Lock, TheMachineHasOneHoweverBenchIsStarted) {
  for (const char* runtime : {"/run/user/0", "/run/user/1000", ""}) {
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    EXPECT_EQ(lock_files(), (std::vector<fs::path>{"/run/lock/bench.lock", "/tmp/bench.lock"}));
  }
  setenv("BENCH_STATE_DIR", (base_ / "s").c_str(), 1);
  EXPECT_EQ(lock_files(), std::vector<fs::path>{base_ / "s" / "run.lock"});
  setenv("BENCH_LOCK_FILE", (base_ / "own.lock").c_str(), 1);
  EXPECT_EQ(lock_files(), std::vector<fs::path>{base_ / "own.lock"});
  unsetenv("BENCH_LOCK_FILE");
  unsetenv("BENCH_STATE_DIR");
}

TEST_F(Lock, OfTwoRunsOneIsRefusedWhoeverStartsThem) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become two users";
  for (const Start& first : kStarts) {
    for (const Start& second : kStarts) {
      for (const auto& file : files_) fs::remove(file);  // made anew by the first
      {
        const Holder holder(first, files_);
        ASSERT_TRUE(holder.holds()) << first.way;
        EXPECT_EQ(tried(second, files_), 'n') << first.way << ", then " << second.way;
      }
      EXPECT_EQ(tried(second, files_), 'y') << second.way << " after " << first.way;
    }
  }
}

TEST_F(Lock, APlaceThatOnlyRootMayWriteInIsMadeUpFor) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become two users";
  ASSERT_EQ(chmod((base_ / "lock").c_str(), 0755), 0);
  {
    const Holder user(kStarts[3], files_);
    ASSERT_TRUE(user.holds());
    EXPECT_EQ(tried(kStarts[0], files_), 'n');
  }
  EXPECT_EQ(tried(kStarts[0], files_), 'y');
  const Holder service(kStarts[1], {files_[0], base_ / "own.tmp"});  // with a /tmp of its own
  ASSERT_TRUE(service.holds());
  EXPECT_EQ(tried(kStarts[3], files_), 'n');
}

TEST_F(Lock, TheMessageNamesTheHolder) {
  const RunLock lock(files_);
  try {
    const RunLock second(files_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(getpid()) + ":"));
  }
}

TEST_F(Lock, WritesThroughNoLink) {
  const fs::path canary = base_ / "canary";
  std::ofstream(canary) << "alive";
  fs::create_symlink(canary, files_[0]);
  fs::create_hard_link(canary, files_[1]);
  { const RunLock lock(files_); }
  std::string text;
  std::ifstream(canary) >> text;
  EXPECT_EQ(text, "alive");
  fs::remove(files_[1]);
  ASSERT_EQ(mkfifo(files_[1].c_str(), 0666), 0);
  EXPECT_THROW(const RunLock lock(files_), Error) << "neither a link nor a pipe is a lock";
}

}  // namespace
}  // namespace bench
