#include "bench/images/build/store.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/subprocess.h"
#include "bench/images/build/recipe.h"
#include "bench/images/build/stores.h"
#include "temp_dir.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class StoreTest : public testing::Test {
 protected:
  ImageSet whole_set() {
    ImageSet set;
    set.key = "0123456789abcdef";
    set.dir = store_.set_dir(set.key);
    set.app_sha256 = "aa";
    set.python = "3.11.2";
    set.flask = "2.2.2";
    set.base = "debian bookworm (packages)";
    set.source = {SourceKind::kImage, "nginx:1", "sha256:11", "ab", Instrumentation::kNone, {"a note"}};
    set.container = {
        set.dir / "container.tar", "bench/backend:0123", "sha256:11", {{"base", "sha256:22", 7}}};
    set.disks[Artefact::kDirectDisk] = {
        set.dir / "direct.qcow2", set.dir / "vmlinuz", set.dir / "initrd.img", "console=ttyS0", false, "cd"};
    set.disks[Artefact::kFullDisk] = {set.dir / "full.qcow2", "", "", "", true, ""};
    for (const char* name : {"container.tar", "direct.qcow2", "vmlinuz", "initrd.img", "full.qcow2"}) {
      cache_.write("images/sets/" + set.key + "/" + name, name);
    }
    return set;
  }
  [[nodiscard]] std::ptrdiff_t drafts() const {
    const fs::path tmp = store_.root() / "tmp";
    return fs::exists(tmp) ? std::distance(fs::directory_iterator(tmp), {}) : 0;
  }
  test::TempDir cache_;
  ImageStore store_{cache_.path()};
};

TEST_F(StoreTest, WhatIsSavedIsFoundAgain) {
  EXPECT_FALSE(store_.find("request"));
  const ImageSet set = whole_set();
  store_.save(set, "request");
  const auto found = store_.find("request");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key, set.key);
  EXPECT_EQ(found->port, 4567);
  EXPECT_EQ(found->source, set.source);
  EXPECT_FALSE(found->disks.at(Artefact::kDirectDisk).hears_power_button);
  EXPECT_TRUE(found->disks.at(Artefact::kFullDisk).hears_power_button);
  EXPECT_EQ(found->disks.at(Artefact::kDirectDisk).rootfs_sha256, "cd");
  EXPECT_EQ(found->container.archive, set.container.archive);
  EXPECT_EQ(found->container.layers.at(0).bytes, 7);
  EXPECT_EQ(found->disks.at(Artefact::kDirectDisk).kernel, set.disks.at(Artefact::kDirectDisk).kernel);
  EXPECT_EQ(found->disks.at(Artefact::kDirectDisk).cmdline, "console=ttyS0");
  EXPECT_TRUE(found->disks.at(Artefact::kFullDisk).uefi());
  EXPECT_FALSE(store_.find("another"));
}

TEST_F(StoreTest, ASetThatLostAFileOrCannotBeReadIsNoSet) {
  store_.save(whole_set(), "request");
  fs::remove(store_.set_dir("0123456789abcdef") / "initrd.img");
  EXPECT_FALSE(store_.find("request"));
  store_.save(whole_set(), "request");
  ASSERT_TRUE(store_.find("request"));
  cache_.write("images/sets/0123456789abcdef/images.json", "{\"format\": 1, \"key\":");
  EXPECT_FALSE(store_.find("request"));
  cache_.write("images/requests/evil", "../../elsewhere\n");
  EXPECT_FALSE(store_.find("evil"));
}

TEST_F(StoreTest, WhatWasNotUsedForLongGoesWhenTheCacheGrows) {
  store_.save(whole_set(), "bundled");
  const auto long_ago = fs::file_time_type::clock::now() - 1000h;
  for (int i = 0; i < 20; ++i) {
    const fs::path set = store_.root() / "sets" / ("old-" + std::to_string(i));
    fs::create_directories(set);
    fs::last_write_time(set, long_ago + std::chrono::hours(i));
  }
  fs::last_write_time(whole_set().dir, long_ago - 1h);
  ASSERT_TRUE(store_.find("bundled")) << "and being found is being used";
  ImageSet another = whole_set();
  another.key = "another";
  another.dir = store_.set_dir("another");
  store_.save(another, "another");
  EXPECT_TRUE(fs::exists(store_.set_dir(whole_set().key)));
  EXPECT_TRUE(fs::exists(store_.root() / "sets" / "old-19"));
  EXPECT_FALSE(fs::exists(store_.root() / "sets" / "old-0"));
  EXPECT_EQ(std::distance(fs::directory_iterator(store_.root() / "sets"), {}), 8);
}

TEST_F(StoreTest, ARunOfManyAppsKeepsTheImagesOfEach) {
  const auto long_ago = fs::file_time_type::clock::now() - 1000h;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "app-" + std::to_string(i);
    ImageSet set = whole_set();
    set.key = name;
    set.dir = store_.set_dir(name);
    store_.save(set, name);
    fs::last_write_time(set.dir,
                        long_ago + std::chrono::hours(i));  // a clock that goes back, or a coarse one
  }
  for (int i = 0; i < 12; ++i) {
    EXPECT_TRUE(fs::exists(store_.set_dir("app-" + std::to_string(i)) / "images.json")) << i;
  }
}

TEST_F(StoreTest, EverybodyReadsASharedStoreWhateverTheUmask) {
  const mode_t before = umask(077);
  ImageStore shared(cache_.path(), ImageStore::Readers::kEverybody);
  ImageSet set = whole_set();
  shared.save(set, "request");
  umask(before);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(shared.root())) {
    if (entry.path().string().find("/stages") != std::string::npos) continue;
    const auto wanted = static_cast<fs::perms>(entry.is_directory() ? 0755 : 0644);
    EXPECT_EQ(entry.status().permissions(), wanted) << entry.path();
    files += entry.is_directory() ? 0 : 1;
  }
  EXPECT_GT(files, 0U);
}

TEST_F(StoreTest, ASharedStoreThatOthersCouldWriteIsRefused) {
  test::TempDir own;
  setenv("BENCH_CACHE_DIR", own.path().c_str(), 1);
  setenv("BENCH_IMAGE_STORE", cache_.path().c_str(), 1);
  fs::create_directories(store_.root());
  fs::permissions(store_.root(), fs::perms(0755));
  fs::permissions(cache_.path(), fs::perms(0755));
  EXPECT_EQ(image_stores().size(), 2);
  fs::permissions(cache_.path(), fs::perms(0777));
  try {
    (void)image_stores();
    ADD_FAILURE() << "images of anybody's would be booted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(cache_.path().string()), std::string::npos);
    EXPECT_FALSE(error.remedy().empty());
  }
  unsetenv("BENCH_IMAGE_STORE");
  unsetenv("BENCH_CACHE_DIR");
}

TEST_F(StoreTest, AStageIsMadeOnceAndOnlyWhole) {
  int made = 0;
  const auto make = [&](const ImageStore::Draft& draft) {
    ++made;
    std::ofstream(draft.out() / "layer.tar") << "layer";
  };
  const fs::path dir = store_.stage("base", "00112233445566778899", false, make);
  EXPECT_EQ(file_text(dir / "layer.tar"), "layer");
  EXPECT_EQ(store_.stage("base", "00112233445566778899", false, make), dir);
  EXPECT_EQ(made, 1);
  store_.stage("base", "00112233445566778899", true, make);
  EXPECT_EQ(made, 2) << "rebuilt when asked";
  EXPECT_EQ(drafts(), 0);

  const auto fail = [](const ImageStore::Draft& draft) {
    std::ofstream(draft.out() / "layer.tar") << "half";
    throw Error(ErrorCode::kInterrupted, "stopped");
  };
  EXPECT_THROW(store_.stage("kernel", "ffff0000ffff0000ffff", false, fail), Error);
  EXPECT_FALSE(fs::exists(store_.root() / "stages" / "kernel-ffff0000ffff0000"));
  EXPECT_EQ(drafts(), 0) << "an interrupted build leaves nothing";
}

TEST_F(StoreTest, WhatAKilledBuildLeftIsRemovedByTheNext) {
  cache_.write("images/tmp/build-killed/out/tree/file", "x");
  ASSERT_EQ(drafts(), 1);
  const ImageStore::Lock lock(store_, {}, {});
  EXPECT_EQ(drafts(), 0);
}

TEST_F(StoreTest, BuildersTakeTurnsAndTheWaitCanBeStopped) {
  std::string said;
  const auto first = std::make_unique<ImageStore::Lock>(
      store_, [](const std::string&) {}, std::stop_token());
  std::stop_source source;
  std::jthread later([&] {
    std::this_thread::sleep_for(150ms);
    source.request_stop();
  });
  try {
    const ImageStore::Lock second(
        store_, [&](const std::string& line) { said = line; }, source.get_token());
    FAIL() << "two at a time";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  EXPECT_NE(said.find("waiting"), std::string::npos);
}

class RecipeTest : public StoreTest {
 protected:
  Recipes recipes_{cache_.path() / "recipes", [this](const std::string& line) { lines_.push_back(line); }};
  std::vector<std::string> lines_;
};

TEST_F(RecipeTest, RunsWithItsVariablesAndHandsProgressOn) {
  cache_.write("recipes/one.sh",
               "echo 'bench: working' >&2; echo noise >&2; printf %s \"$WORD\" >\"$BENCH_OUT/word\"\n");
  const ImageStore::Draft draft(store_);
  recipes_.run("one", draft, {{"WORD", "hello"}}, {});
  EXPECT_EQ(file_text(draft.out() / "word"), "hello");
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_EQ(lines_[0], "working…");
  EXPECT_TRUE(lines_[1].starts_with("working (")) << lines_[1];
}

TEST_F(RecipeTest, AStoppedRecipeLeavesNoProcessAndNoFile) {
  cache_.write("recipes/slow.sh",
               "sleep 60 & echo $! >\"$PIDFILE\"; echo half >\"$BENCH_OUT/layer.tar\"; wait\n");
  const fs::path pidfile = cache_.path() / "pid";
  std::stop_source source;
  std::jthread later([&] {
    while (file_text(pidfile).empty()) std::this_thread::sleep_for(5ms);
    source.request_stop();
  });
  try {
    store_.stage("base", "0123456789abcdef0123", false, [&](const ImageStore::Draft& draft) {
      recipes_.run("slow", draft, {{"PIDFILE", pidfile}}, source.get_token());
    });
    FAIL() << "not interrupted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  EXPECT_EQ(drafts(), 0);
  EXPECT_FALSE(fs::exists(store_.root() / "stages" / "base-0123456789abcdef"));
  const std::string stat = file_text("/proc/" + std::to_string(std::stoi(file_text(pidfile))) + "/stat");
  EXPECT_TRUE(stat.empty() || stat.find(") Z") != std::string::npos) << stat;
}

TEST_F(RecipeTest, AllMissingPackagesAreNamedWithTheirRequirements) {
  cache_.write("recipes/deps.sh",
               "echo 'bench-missing: leftpad' >&2; echo 'bench-missing: rightpad' >&2; exit 4\n");
  const ImageStore::Draft draft(store_);
  try {
    recipes_.run("deps", draft, {}, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_NE(std::string(error.what()).find("leftpad, rightpad"), std::string::npos) << error.what();
    EXPECT_FALSE(error.remedy().empty());
  }
}

TEST_F(RecipeTest, AFullDiskIsSaidToBeFull) {
  cache_.write("recipes/full.sh", "echo 'tar: x: Cannot write: No space left on device' >&2; exit 2\n");
  const ImageStore::Draft draft(store_);
  try {
    recipes_.run("full", draft, {}, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_NE(error.remedy().find("space"), std::string::npos);
  }
}

TEST_F(RecipeTest, AChangedRecipeIsAnotherImage) {
  cache_.write("recipes/a.sh", "one");
  cache_.write("recipes/b.sh", "two");
  const std::string before = recipes_.digest();
  EXPECT_EQ(recipes_.digest(), before);
  EXPECT_NE(recipes_.digest({"a.sh"}), recipes_.digest({"b.sh"}));
  cache_.write("recipes/b.sh", "three");
  EXPECT_NE(recipes_.digest(), before);
}

TEST(RequiredPrograms, AreNamedWithTheirPackages) {
  EXPECT_NO_THROW(require_programs({"sh", "tar"}));
  try {
    require_programs({"sh", "no-such-program-of-bench"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_NE(error.remedy().find("apt-get install"), std::string::npos);
  }
}

}  // namespace
}  // namespace bench
