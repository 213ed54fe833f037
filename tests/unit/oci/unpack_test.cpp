#include "bench/images/oci/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include "bench/base/error.h"
#include "bench/images/tree/xattrs.h"
#include "unit/oci/unpacked.h"

namespace bench {
namespace {

using test::directory_entry;
using test::file_entry;
using test::hard_entry;
using test::link_entry;
using test::TarEntry;
using test::Unpacked;
using testing::HasSubstr;

TEST(Unpack, ReadsLayersHoweverTheyArePacked) {
  BENCH_NEEDS_ROOT();
  for (const char* packing : {"", "gzip", "zstd"}) {
    const Unpacked tree({{file_entry("a", "1")}, {file_entry("a", "2")}}, packing);
    EXPECT_EQ(tree.text("a"), "2") << packing;
  }
}

TEST(Unpack, AWhiteoutRemovesWhatLowerLayersLeft) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree({{file_entry("d/a", "1"), file_entry("d/b", "1"), file_entry("e/x/y", "1")},
                       {file_entry("d/.wh.a", ""), file_entry(".wh.e", ""), file_entry("no/.wh.such", "")}});
  EXPECT_FALSE(tree.has("d/a"));
  EXPECT_TRUE(tree.has("d/b"));
  EXPECT_FALSE(tree.has("e"));
  EXPECT_FALSE(tree.has("no"));
}

TEST(Unpack, AWhiteoutKeepsWhatItsOwnLayerAdds) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree({{file_entry("a", "old"), file_entry("b", "old"), file_entry("d/old", "old")},
                       {file_entry("a", "new"), file_entry(".wh.a", ""), file_entry(".wh.b", ""),
                        file_entry("b", "new"), file_entry("d/new", "new"), file_entry(".wh.d", "")}});
  EXPECT_EQ(tree.text("a"), "new");
  EXPECT_EQ(tree.text("b"), "new");
  EXPECT_EQ(tree.text("d/new"), "new");
  EXPECT_FALSE(tree.has("d/old"));
}

TEST(Unpack, AnOpaqueDirectoryKeepsWhatItsOwnLayerAddsBeforeAndAfter) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree({{directory_entry("d"), file_entry("d/old", ""), file_entry("d/s/old", ""),
                        file_entry("d/same", "old")},
                       {file_entry("d/before", ""), file_entry("d/same", "new"), file_entry("d/s/before", ""),
                        file_entry("d/.wh..wh..opq", ""), file_entry("d/after", "")}});
  EXPECT_FALSE(tree.has("d/old"));
  EXPECT_FALSE(tree.has("d/s/old"));
  EXPECT_EQ(tree.text("d/same"), "new");
  EXPECT_TRUE(tree.has("d/before") && tree.has("d/s/before") && tree.has("d/after"));
  EXPECT_FALSE(tree.has("d/.wh..wh..opq"));
}

TEST(Unpack, AHardLinkOfThisLayerHidesNoWhiteout) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree({{file_entry("old", "1")}, {hard_entry("new", "old"), file_entry(".wh.old", "")}});
  EXPECT_FALSE(tree.has("old"));
  EXPECT_EQ(tree.text("new"), "1");
}

TEST(Unpack, FilesAndDirectoriesReplaceEachOther) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree(
      {{file_entry("a", ""), file_entry("b/c/d", ""), file_entry("e", ""), link_entry("l", "b")},
       {directory_entry("a"), file_entry("a/x", "1"), file_entry("b", "2"), file_entry("e/f", "3"),
        directory_entry("l")}});
  EXPECT_EQ(tree.text("a/x"), "1");
  EXPECT_EQ(tree.text("b"), "2");
  EXPECT_EQ(tree.text("e/f"), "3");
  EXPECT_TRUE(S_ISDIR(tree.status("l").st_mode));
}

TEST(Unpack, LinksToDirectoriesLeadInsideTheTree) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree(
      {{directory_entry("usr/lib"), link_entry("lib", "/usr/lib"), link_entry("run", "usr/run")},
       {file_entry("lib/a", "1"), file_entry("run/b", "2")}});
  EXPECT_TRUE(S_ISLNK(tree.status("lib").st_mode));
  EXPECT_EQ(tree.text("usr/lib/a"), "1");
  EXPECT_EQ(tree.text("usr/run/b"), "2");
}

TEST(Unpack, HardLinksAreOneFileAlsoWithALowerLayer) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree({{file_entry("a", "1", 0755), hard_entry("b", "a", 0755)},
                       {hard_entry("d/c", "./a", 0755), hard_entry("a", "a", 0755)}});
  EXPECT_EQ(tree.status("a").st_ino, tree.status("b").st_ino);
  EXPECT_EQ(tree.status("a").st_ino, tree.status("d/c").st_ino);
  EXPECT_EQ(tree.status("a").st_nlink, 3U);
}

TEST(Unpack, AHardLinkWithAnotherModeChangesTheFileAsEnginesDo) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree({{file_entry("a", "1", 0755), hard_entry("b", "a", 0600)}});
  EXPECT_EQ(tree.permissions("a"), 0600U);
}

TEST(Unpack, KeepsOwnersModesAttributesAndCapabilities) {
  BENCH_NEEDS_ROOT();
  TarEntry file = file_entry("bin", "x", 06755);
  file.uid = 70000;
  file.gid = 4242;
  file.xattrs = {{"security.capability", test::kCapability}, {"user.odd", std::string("\0\xff", 2)}};
  TarEntry top = directory_entry("./", 01750);
  top.uid = 7;
  TarEntry link = link_entry("link", "nowhere");
  link.uid = 9;
  const Unpacked tree({{top, file, link, directory_entry("tmp", 01777)}});
  EXPECT_EQ(tree.permissions("bin"), 06755U);
  EXPECT_EQ(tree.status("bin").st_uid, 70000U);
  EXPECT_EQ(tree.status("bin").st_gid, 4242U);
  EXPECT_EQ(tree.status("bin").st_mtime, 1700000000);
  EXPECT_EQ(tree.status("link").st_uid, 9U);
  EXPECT_EQ(read_xattrs(tree.at("bin").string()), file.xattrs);
  EXPECT_EQ(tree.permissions("tmp"), 01777U);
  EXPECT_EQ(tree.permissions(""), 01750U);
  EXPECT_EQ(tree.status("").st_uid, 7U);
}

TEST(Unpack, ADirectoryOfALayerLosesTheAttributesOfLowerOnes) {
  BENCH_NEEDS_ROOT();
  TarEntry first = directory_entry("d", 0700);
  first.xattrs = {{"user.old", "1"}};
  const Unpacked tree({{first, file_entry("d/kept", "")}, {directory_entry("d", 0755)}});
  EXPECT_TRUE(read_xattrs(tree.at("d").string()).empty());
  EXPECT_EQ(tree.permissions("d"), 0755U);
  EXPECT_TRUE(tree.has("d/kept"));
  EXPECT_EQ(tree.status("d").st_mtime, 1700000000);
}

TEST(Unpack, MakesDevicesAndPipes) {
  BENCH_NEEDS_ROOT();
  TarEntry null = file_entry("null", "");
  null.mode = S_IFCHR | 0666;
  null.device = makedev(1, 3);
  TarEntry disk = file_entry("disk", "");
  disk.mode = S_IFBLK | 0660;
  disk.device = makedev(259, 70000);
  TarEntry pipe = file_entry("pipe", "");
  pipe.mode = S_IFIFO | 0622;
  const Unpacked tree({{null, disk, pipe}});
  EXPECT_TRUE(S_ISCHR(tree.status("null").st_mode));
  EXPECT_EQ(tree.status("null").st_rdev, makedev(1, 3));
  EXPECT_TRUE(S_ISBLK(tree.status("disk").st_mode));
  EXPECT_EQ(tree.status("disk").st_rdev, makedev(259, 70000));
  EXPECT_EQ(tree.status("pipe").st_mode, static_cast<mode_t>(S_IFIFO | 0622));
}

TEST(Unpack, KeepsHoles) {
  BENCH_NEEDS_ROOT();
  TarEntry sparse = file_entry("sparse", "end");
  sparse.hole = 64 << 20;
  const Unpacked tree({{sparse}});
  EXPECT_EQ(tree.status("sparse").st_size, (64 << 20) + 3);
  EXPECT_LT(tree.status("sparse").st_blocks * 512, 1 << 20);
  EXPECT_TRUE(tree.text("sparse").ends_with(std::string(1, '\0') + "end"));
}

TEST(Unpack, NamesAreBytes) {
  BENCH_NEEDS_ROOT();
  const std::string latin = "caf\xe9-\xff", unicode = "caf\xc3\xa9", decomposed = "cafe\xcc\x81";
  const Unpacked tree({{file_entry(latin, "1"), file_entry(unicode, "2"), file_entry(decomposed, "3"),
                        link_entry("link", latin), hard_entry("hard-\xfe", latin), file_entry("a\nb", "4")}});
  EXPECT_EQ(tree.text(latin), "1");
  EXPECT_EQ(tree.text(unicode), "2");
  EXPECT_EQ(tree.text(decomposed), "3");
  EXPECT_EQ(tree.text("link"), "1");
  EXPECT_EQ(tree.text("hard-\xfe"), "1");
  EXPECT_EQ(tree.text("a\nb"), "4");
}

TEST(Unpack, TakesALayerThatEndsWithItsLastFile) {
  BENCH_NEEDS_ROOT();
  std::string tar = test::tar_of({file_entry("a", "1"), file_entry("b", std::string(700, 'b'))});
  tar.resize(tar.rfind('b') + 1);
  const Unpacked tree(std::vector<std::string>{tar});
  EXPECT_EQ(tree.text("b"), std::string(700, 'b'));
}

TEST(Unpack, ALayerThatEndsWithinAFileIsRefused) {
  BENCH_NEEDS_ROOT();
  std::string tar = test::tar_of({file_entry("a", "1"), file_entry("b", std::string(700, 'b'))});
  const std::size_t end = tar.rfind('b') + 1;
  for (const std::size_t lost : {std::size_t{1}, end % 512, std::size_t{600}, std::size_t{699}}) {
    tar.resize(end - lost);
    EXPECT_THROW(Unpacked(std::vector<std::string>{tar}), Error) << lost;
    tar = test::tar_of({file_entry("a", "1"), file_entry("b", std::string(700, 'b'))});
  }
}

TEST(Unpack, TakesAnEmptyLayer) {
  BENCH_NEEDS_ROOT();
  const Unpacked tree(std::vector<std::string>{"", std::string(1024, '\0')});
  EXPECT_EQ(tree.permissions(""), 0755U);
}

TEST(Unpack, ChecksEveryLayersDigests) {
  BENCH_NEEDS_ROOT();
  const test::Directory dir;
  test::MadeImage made({test::tar_of({file_entry("a", "1")}), test::tar_of({file_entry("b", "1")})});
  made.write_layout(dir.path() / "layout");
  OciImage image = open_image("oci:" + (dir.path() / "layout").string());
  const auto said = [&](const char* name) {
    std::filesystem::create_directory(dir.path() / name);
    try {
      unpack(image, dir.path() / name);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  std::swap(image.layers[0].diff_id, image.layers[1].diff_id);
  EXPECT_THAT(said("diff_id"), HasSubstr("unpacks to has the digest"));
  std::swap(image.layers[0].diff_id, image.layers[1].diff_id);
  std::swap(image.layers[0].digest, image.layers[1].digest);
  EXPECT_THAT(said("digest"), HasSubstr("has the digest"));
}

TEST(Unpack, WantsAnEmptyDirectory) {
  const test::Directory dir;
  test::write_bytes(dir.path() / "tree/there", "");
  EXPECT_THROW(unpack({}, dir.path() / "tree"), Error);
}

TEST(Unpack, Stops) {
  BENCH_NEEDS_ROOT();
  const test::Directory dir;
  test::MadeImage({test::tar_of({file_entry("a", "1")})}).write_layout(dir.path() / "layout");
  std::filesystem::create_directory(dir.path() / "tree");
  std::stop_source stop;
  stop.request_stop();
  try {
    unpack(open_image("oci:" + (dir.path() / "layout").string()), dir.path() / "tree", stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
}

}  // namespace
}  // namespace bench
