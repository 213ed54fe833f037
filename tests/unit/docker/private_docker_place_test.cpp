#include "bench/config.h"
#include "drivers/docker/private/place.h"

#if BENCH_HAVE_DOCKER

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/own_directory.h"
#include "bench/base/paths.h"
#include "bench/base/procfs.h"
#include "drivers/docker/private/private_docker.h"
#include "support/sleeper.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

/// State and cache of its own, and a directory that nothing may happen to.
class DockerRecord : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/bench-rec-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    base_ = name;
    setenv("BENCH_STATE_DIR", (base_ / "s").c_str(), 1);
    setenv("BENCH_CACHE_DIR", (base_ / "c").c_str(), 1);
    fs::create_directories(canary_dir() / "containers" / "1");
    std::ofstream(canary_dir() / "containers" / "1" / "canary") << "alive";
    std::ofstream(canary_dir() / "containerd.toml") << "somebody's";
    std::ofstream(base_ / "theirs" / "sign") << "alive";
  }
  void TearDown() override {
    unsetenv("BENCH_STATE_DIR");
    unsetenv("BENCH_CACHE_DIR");
    fs::remove_all(base_);
  }

  [[nodiscard]] fs::path canary_dir() const { return base_ / "theirs" / "docker"; }
  [[nodiscard]] bool canary_lives() const {
    return file_text(canary_dir() / "containers" / "1" / "canary") == "alive" &&
           file_text(base_ / "theirs" / "sign") == "alive";
  }
  static void record(const fs::path& run_dir, pid_t pid = 0) {
    const std::uint64_t start = pid > 0 ? process_start_time(pid).value_or(0) : 0;
    const nlohmann::json json{{"run_dir", run_dir.string()},
                              {"pid", pid},
                              {"pid_start", start},
                              {"containerd", pid},
                              {"containerd_start", start}};
    write_file_atomically(record_path(), json.dump());
    fs::permissions(record_path(), fs::perms::owner_read | fs::perms::owner_write);
  }

  fs::path base_;
};

TEST_F(DockerRecord, ADirectoryWithoutOurMarkIsNotTouched) {
  fs::create_directories(base_ / "s");
  fs::create_directory_symlink(canary_dir(), base_ / "link");
  fs::create_directory_symlink(canary_dir(), base_ / "s" / "docker");
  for (const fs::path& hostile :
       {canary_dir(), base_ / "s" / ".." / "theirs" / "docker", base_ / "link" / "." / "docker",
        base_ / "link" / ".." / "docker", base_ / "s" / "docker", base_ / "theirs", fs::path("/"),
        fs::path(""), fs::path("docker"), fs::path("/var/lib/docker"), base_ / "link"}) {
    const Sleeper child({"dockerd", canary_dir() / "docker.sock"});
    record(hostile, child.pid());
    EXPECT_FALSE(read_record()) << hostile;
    clean_private_docker(true);
    EXPECT_TRUE(canary_lives()) << hostile;
    EXPECT_TRUE(child.lives()) << hostile;
  }
}

TEST_F(DockerRecord, AMarkThatWasMadeElsewhereSaysNothing) {
  const DaemonPlace place = new_place();
  make_place(place);
  fs::copy_file(place.run_dir / kOwnDirectoryMark, canary_dir() / kOwnDirectoryMark);
  record(canary_dir());
  EXPECT_FALSE(read_record());
  clean_private_docker(true);
  EXPECT_TRUE(canary_lives());
}

TEST_F(DockerRecord, AProcessThatDoesNotWorkForThatPlaceIsNotEnded) {
  const DaemonPlace place = new_place();
  const fs::path log = place.run_dir / "dockerd.log";
  const Sleeper stranger({"sleeper"});
  const Sleeper reader({"tail", log});
  const Sleeper other({"dockerd", "--pidfile", "/srv" + place.run_dir.string() + "/docker.pid"});
  for (const Sleeper* child : {&stranger, &reader, &other}) {
    make_place(place);
    record(place.run_dir, child->pid());
    const auto found = read_record();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->pid, 0);
    EXPECT_EQ(found->containerd, 0);
    end_daemon(*found);
    EXPECT_FALSE(fs::exists(place.run_dir));
    EXPECT_TRUE(child->lives());
  }
}

TEST_F(DockerRecord, TheDaemonOfThatPlaceIsEnded) {
  const DaemonPlace place = new_place();
  make_place(place);
  const Sleeper daemon({"dockerd", "--pidfile", (place.run_dir / "docker.pid").string()});
  record(place.run_dir, daemon.pid());
  const auto found = read_record();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pid, daemon.pid());
  end_daemon(*found);
  EXPECT_FALSE(daemon.lives());
}

TEST_F(DockerRecord, ARecordThatOthersMayWriteIsNotTrusted) {
  const DaemonPlace place = new_place();
  make_place(place);
  write_record(place);
  EXPECT_TRUE(read_record());
  fs::permissions(record_path(), fs::perms::group_write, fs::perm_options::add);
  EXPECT_FALSE(read_record());
  fs::permissions(record_path(), fs::perms::group_write, fs::perm_options::remove);
  EXPECT_TRUE(read_record());
  if (geteuid() == 0) {
    ASSERT_EQ(chown(record_path().c_str(), 12345, 12345), 0);
    EXPECT_FALSE(read_record());
  }
  fs::rename(record_path(), base_ / "record");
  fs::create_symlink(base_ / "record", record_path());
  EXPECT_FALSE(read_record());
}

bool is_mounted(const fs::path& point) {
  const auto mounts = read_mounts();
  return std::any_of(mounts.begin(), mounts.end(),
                     [&](const MountEntry& mount) { return mount.point == point.string(); });
}

TEST_F(DockerRecord, ItsMountsAreTakenAwayAndNotThoseBesideIt) {
  if (geteuid() != 0) GTEST_SKIP() << "only root mounts";
  const DaemonPlace place = new_place();
  make_place(place);
  const fs::path own = place.run_dir / "netns", beside = place.run_dir.string() + "0";
  fs::create_directories(own);
  fs::create_directories(beside);
  const pid_t child = fork();
  if (child == 0) {
    const auto cover = [](const fs::path& at) { return mount("none", at.c_str(), "tmpfs", 0, nullptr) == 0; };
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        !cover(own) || !cover(beside)) {
      _exit(77);
    }
    end_daemon(place);
    _exit((is_mounted(own) ? 1 : 0) + (is_mounted(beside) ? 0 : 2));
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "nothing can be mounted here, not even in a namespace";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(DockerRecord, TheSystemsOwnPlacesAreRefused) {
  for (const char* variable : {"BENCH_STATE_DIR", "BENCH_CACHE_DIR"}) {
    const std::string before = getenv(variable);
    setenv(variable, (base_ / "theirs").c_str(), 1);
    fs::remove(canary_dir() / "containerd.toml");
    EXPECT_THROW(make_place(new_place()), Error) << variable;
    clean_private_docker(true);
    EXPECT_TRUE(canary_lives()) << variable;
    setenv(variable, before.c_str(), 1);
  }
}

TEST_F(DockerRecord, WhatAnEarlierVersionLeftIsStillOurs) {
  const DaemonPlace place = new_place();
  fs::create_directories(place.data_root / "containerd-root");
  fs::create_directories(place.run_dir);
  std::ofstream(place.run_dir / "containerd.toml") << "";
  EXPECT_NO_THROW(make_place(place));
  EXPECT_TRUE(own_data_root(place));
}

TEST_F(DockerRecord, OwnDirectoriesAreRemovedWholeAndNothingBehindALink) {
  const fs::path ours = fs::canonical(cache_dir()) / "thing";
  make_own_directory(ours);
  fs::create_directory_symlink(canary_dir(), ours / "link");
  EXPECT_FALSE(remove_own_directory(canary_dir()));
  EXPECT_TRUE(remove_own_directory(ours));
  EXPECT_FALSE(fs::exists(ours));
  EXPECT_TRUE(canary_lives());
}

}  // namespace
}  // namespace bench

#endif
