#include <gtest/gtest.h>

#include "bench/base/error.h"
#include "bench/images/tree/digest.h"
#include "unit/oci/unpacked.h"

namespace bench {
namespace {

using test::directory_entry;
using test::file_entry;
using test::hard_entry;
using test::link_entry;
using test::TarEntry;

/// A directory with a canary beside the one that is unpacked into.
class Hostile : public testing::Test {
 protected:
  void SetUp() override {
    BENCH_NEEDS_ROOT();
    test::write_bytes(canary(), "alive");
    test::write_bytes(outside() / "dir/inner", "alive");
    chmod(canary().c_str(), 0640);
    before_ = tree_digest(outside()).sha256;
  }
  void TearDown() override {
    if (geteuid() != 0) return;
    EXPECT_EQ(tree_digest(outside()).sha256, before_) << "something outside was touched";
    EXPECT_EQ(status(canary()).st_nlink, 1U);
  }

  [[nodiscard]] std::filesystem::path outside() const { return dir_.path() / "outside"; }
  [[nodiscard]] std::filesystem::path canary() const { return outside() / "canary"; }
  static struct stat status(const std::filesystem::path& path) {
    struct stat result {};
    (void)lstat(path.c_str(), &result);
    return result;
  }

  /// Whether the image was taken.
  bool unpack_layers(const std::vector<std::vector<TarEntry>>& layers) {
    std::vector<std::string> tars;
    for (const auto& layer : layers) tars.push_back(test::tar_of(layer));
    test::MadeImage(tars).write_layout(dir_.path() / "layout");
    const auto tree = dir_.path() / "outside-tree/tree";
    std::filesystem::remove_all(tree);
    std::filesystem::create_directories(tree);
    try {
      unpack(open_image("oci:" + (dir_.path() / "layout").string()), tree);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
      return false;
    }
    return true;
  }
  [[nodiscard]] std::filesystem::path tree(const std::string& path) const {
    return dir_.path() / "outside-tree/tree" / path;
  }

  test::Directory dir_;
  std::string before_;
};

TEST_F(Hostile, PathsAboveTheTopAreRefused) {
  EXPECT_FALSE(unpack_layers({{file_entry("../../outside/canary", "dead")}}));
  EXPECT_FALSE(unpack_layers({{file_entry("a/../../../outside/canary", "dead")}}));
  EXPECT_FALSE(unpack_layers({{directory_entry("../../outside", 0777)}}));
  EXPECT_FALSE(unpack_layers({{file_entry("../../outside/.wh.canary", "")}}));
  EXPECT_FALSE(unpack_layers({{file_entry("../../outside/.wh..wh..opq", "")}}));
}

TEST_F(Hostile, AnAbsolutePathIsOneInTheTree) {
  ASSERT_TRUE(unpack_layers({{file_entry(canary().string(), "dead")}}));
  EXPECT_EQ(file_text(tree(canary().relative_path().string())), "dead");
}

TEST_F(Hostile, LinksOutOfTheTreeLeadInsideIt) {
  const std::string up = "../../outside";
  ASSERT_TRUE(unpack_layers(
      {{link_entry("abs", outside().string()), link_entry("up", up), file_entry("abs/canary", "dead"),
        file_entry("up/canary", "dead"), directory_entry("abs/dir", 0777)}}));
  EXPECT_EQ(file_text(tree(outside().relative_path().string() + "/canary")), "dead");
}

TEST_F(Hostile, LinksOutOfTheTreeLeadInsideItForHigherLayers) {
  ASSERT_TRUE(unpack_layers({{link_entry("l", outside().string()), link_entry("m", "l")},
                             {file_entry("l/canary", "dead"), file_entry("m/dir/inner", "dead")},
                             {file_entry("l/.wh.canary", ""), file_entry("m/.wh..wh..opq", "")}}));
  ASSERT_TRUE(unpack_layers({{link_entry("l", outside().string())},
                             {file_entry("l/.wh.dir", ""), file_entry("l/.wh..wh..opq", "")}}));
}

TEST_F(Hostile, TheLastPartOfAPathIsNeverFollowed) {
  ASSERT_TRUE(unpack_layers({{link_entry("l", canary().string()), file_entry("l", "dead", 0777)}}));
  EXPECT_EQ(file_text(tree("l")), "dead");
  ASSERT_TRUE(unpack_layers(
      {{link_entry("l", outside().string())}, {directory_entry("l", 0777), file_entry("l/canary", "dead")}}));
  EXPECT_EQ(file_text(tree("l/canary")), "dead");
  ASSERT_TRUE(unpack_layers({{link_entry("l", outside().string())}, {file_entry(".wh.l", "")}}));
}

TEST_F(Hostile, HardLinksOutOfTheTreeAreRefused) {
  EXPECT_FALSE(unpack_layers({{hard_entry("h", "../../outside/canary"), file_entry("h", "dead")}}));
  EXPECT_FALSE(unpack_layers({{hard_entry("h", canary().string())}}));
  EXPECT_FALSE(unpack_layers({{link_entry("l", outside().string()), hard_entry("h", "l/canary", 0777)}}));
  EXPECT_FALSE(unpack_layers({{hard_entry("h", "nothing")}}));
  EXPECT_FALSE(unpack_layers({{directory_entry("d"), hard_entry("h", "d")}}));
}

TEST_F(Hostile, AHardLinkToALinkDoesNotFollowIt) {
  TarEntry owned = hard_entry("h", "l", 0777);
  owned.uid = 1234;
  owned.xattrs = {{"trusted.odd", "1"}};
  ASSERT_TRUE(unpack_layers({{link_entry("l", canary().string()), owned}}));
  EXPECT_TRUE(S_ISLNK(status(tree("h")).st_mode));
}

TEST_F(Hostile, WhiteoutsOfTheDirectoryAboveAreRefused) {
  EXPECT_FALSE(unpack_layers({{file_entry("d/.wh...", "")}}));
  EXPECT_FALSE(unpack_layers({{file_entry(".wh...", "")}}));
  EXPECT_FALSE(unpack_layers({{file_entry(".wh..", "")}}));
  EXPECT_FALSE(unpack_layers({{file_entry("d/.wh.", "")}}));
}

TEST_F(Hostile, TheTopCannotBeReplaced) {
  EXPECT_FALSE(unpack_layers({{link_entry("./", outside().string()), file_entry("canary", "dead")}}));
  EXPECT_FALSE(unpack_layers({{link_entry(".", outside().string())}}));
  EXPECT_FALSE(unpack_layers({{file_entry("/", "dead")}}));
}

TEST_F(Hostile, LinksInACircleAreRefused) {
  EXPECT_FALSE(unpack_layers({{link_entry("a", "b"), link_entry("b", "a"), file_entry("a/x", "dead")}}));
  EXPECT_FALSE(unpack_layers({{link_entry("a", "a/b"), file_entry("a/x", "dead")}}));
}

TEST_F(Hostile, LinksToNothingThatLeadUpAreMadeInside) {
  ASSERT_TRUE(unpack_layers({{link_entry("l", "../../../outside/new"), file_entry("l/x", "1")}}));
  EXPECT_EQ(file_text(tree("outside/new/x")), "1");
}

TEST_F(Hostile, FilesOfProcAreNoWayOut) {
  (void)unpack_layers({{link_entry("l", "/proc/self/cwd"), link_entry("m", "/proc/1/root"),
                        file_entry("l/canary", "dead"), file_entry("m/tmp/bench-hostile", "dead")}});
  EXPECT_FALSE(std::filesystem::exists("/tmp/bench-hostile"));
}

}  // namespace
}  // namespace bench
