#include "bench/images/tree/digest.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "bench/images/tree/ext4_make.h"
#include "unit/oci/unpacked.h"

namespace bench {
namespace {

using test::directory_entry;
using test::file_entry;
using test::hard_entry;
using test::link_entry;
using test::TarEntry;
using test::Unpacked;

std::vector<TarEntry> odd_tree() {
  TarEntry top = directory_entry("./", 01750);
  top.uid = 70000;
  top.gid = 80000;
  top.xattrs = {{"user.top", "1"}};
  TarEntry owned = file_entry("owned", std::string(5000, 'o'), 04711);
  owned.uid = 100000;
  owned.gid = 200000;
  owned.xattrs = {
      {"user.small", "1"}, {"user.large", std::string(2000, 'v')}, {"trusted.odd", std::string("\0a", 2)}};
  TarEntry sparse = file_entry("sparse", "end");
  sparse.hole = 40 << 20;
  TarEntry device = file_entry("device", "");
  device.mode = S_IFCHR | 0600;
  device.device = makedev(1, 3);
  TarEntry large_device = file_entry("large-device", "");
  large_device.mode = S_IFBLK | 0600;
  large_device.device = makedev(300, 70000);
  TarEntry pipe = file_entry("pipe", "");
  pipe.mode = S_IFIFO | 0644;
  std::vector<TarEntry> entries = {top,
                                   owned,
                                   sparse,
                                   device,
                                   large_device,
                                   pipe,
                                   directory_entry("empty", 02775),
                                   file_entry("nothing", ""),
                                   hard_entry("hard", "nothing"),
                                   link_entry("short", "x"),
                                   link_entry("sixty", std::string(60, 's')),
                                   link_entry("fifty-nine", std::string(59, 's')),
                                   link_entry("long", std::string(2000, 's')),
                                   file_entry("caf\xe9-\xff", "latin"),
                                   file_entry("line\nbreak", "two")};
  // Enough for a directory with an index.
  for (int i = 0; i < 600; ++i) {
    entries.push_back(
        file_entry("many/a-name-that-takes-some-room-in-its-directory-" + std::to_string(i), "x"));
  }
  return entries;
}

TEST(TreeDigest, ChangesWithWhateverAFileIs) {
  BENCH_NEEDS_ROOT();
  const std::vector<TarEntry> plain = {file_entry("a", "1")};
  std::vector<std::vector<TarEntry>> others(7, plain);
  others[0][0].content = "2";
  others[1][0].mode = S_IFREG | 0600;
  others[2][0].uid = 1;
  others[3][0].gid = 1;
  others[4][0].xattrs = {{"user.a", "1"}};
  others[5][0].path = "b";
  others[6] = {link_entry("a", "1")};
  const std::string digest = tree_digest(Unpacked({plain}).top()).sha256;
  EXPECT_EQ(tree_digest(Unpacked({plain}).top()).sha256, digest);
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_NE(tree_digest(Unpacked({others[i]}).top()).sha256, digest) << i;
  }
}

TEST(TreeDigest, IsWhatItsDescriptionSays) {
  BENCH_NEEDS_ROOT();
  TarEntry file = file_entry("a", "1", 0640);
  file.uid = 5;
  file.xattrs = {{"user.b", "z"}};
  const Unpacked tree({{file, link_entry("l", "a")}});
  std::string text =
      "/|40755|0:0|||/a|100640|5:0|" + test::digest_of("1").substr(7) + "|user.b|7a||/l|120777|0:0|a||";
  for (char& c : text) c = c == '|' ? '\0' : c;
  const TreeDigest digest = tree_digest(tree.top());
  EXPECT_EQ(digest.sha256, test::digest_of(text).substr(7));
  EXPECT_EQ(digest.files, 3);
  EXPECT_EQ(digest.bytes, 1);
}

TEST(TreeDigest, LeavesOutOnlyTheLostAndFoundThatEveryExt4Has) {
  BENCH_NEEDS_ROOT();
  const std::string none = tree_digest(Unpacked({{file_entry("a", "1")}}).top()).sha256;
  EXPECT_EQ(tree_digest(Unpacked({{file_entry("a", "1"), directory_entry("lost+found", 0700)}}).top()).sha256,
            none);
  EXPECT_NE(tree_digest(Unpacked({{file_entry("a", "1"), directory_entry("lost+found", 0755)}}).top()).sha256,
            none);
  EXPECT_NE(tree_digest(Unpacked({{file_entry("a", "1"), directory_entry("lost+found", 0700),
                                   file_entry("lost+found/x", "")}})
                            .top())
                .sha256,
            none);
}

TEST(Ext4Digest, IsThatOfTheTreeItWasMadeOf) {
  BENCH_NEEDS_ROOT();
  const test::Directory dir;
  const Unpacked tree({odd_tree()}, "zstd");
  make_ext4(tree.top(), dir.path() / "disk");
  const TreeDigest expected = tree_digest(tree.top());
  const TreeDigest is = ext4_digest(dir.path() / "disk");
  EXPECT_EQ(is.sha256, expected.sha256);
  EXPECT_EQ(is.files, expected.files);
  EXPECT_EQ(is.bytes, expected.bytes);
}

TEST(Ext4Digest, OfAFileSystemThatStoresSmallFilesInInodesIsTheSame) {
  BENCH_NEEDS_ROOT();
  const test::Directory dir;
  const Unpacked tree(
      {{file_entry("small", "x"), link_entry("l", std::string(100, 'l')), directory_entry("d")}});
  const auto disk = dir.path() / "disk";
  test::write_bytes(disk, "");
  std::filesystem::resize_file(disk, 64 << 20);
  check_command({"mke2fs", "-q", "-F", "-t", "ext4", "-O", "inline_data", "-E", "root_owner=0:0", "-d",
                 tree.top().string(), disk.string()});
  EXPECT_EQ(ext4_digest(disk).sha256, tree_digest(tree.top()).sha256);
}

TEST(Ext4Digest, SeesAnyOneChange) {
  BENCH_NEEDS_ROOT();
  const test::Directory dir;
  const Unpacked tree({{file_entry("a", "1")}});
  const auto disk = dir.path() / "disk";
  for (const char* change : {"set_inode_field /a mode 0100600", "set_inode_field /a uid 3",
                             "ea_set /a user.b 1", "set_inode_field / mode 040700", "ln /a /b", "rm /a"}) {
    make_ext4(tree.top(), disk);
    check_command({"debugfs", "-w", "-R", change, disk.string()});
    EXPECT_NE(ext4_digest(disk).sha256, tree_digest(tree.top()).sha256) << change;
  }
}

TEST(Ext4Digest, WhatIsNoFileSystemIsAnError) {
  const test::Directory dir;
  test::write_bytes(dir.path() / "disk", std::string(100000, 'x'));
  EXPECT_THROW((void)ext4_digest(dir.path() / "disk"), Error);
}

TEST(MakeExt4, IsSoundAndHasRoom) {
  BENCH_NEEDS_ROOT();
  const test::Directory dir;
  const Unpacked tree({odd_tree()});
  make_ext4(tree.top(), dir.path() / "disk", {.free_bytes = 300LL << 20, .label = "here"});
  check_command({"e2fsck", "-f", "-n", (dir.path() / "disk").string()});
  const std::string facts = check_command({"dumpe2fs", "-h", (dir.path() / "disk").string()});
  EXPECT_NE(facts.find("here"), std::string::npos);
  const auto free = facts.find("Free blocks:");
  ASSERT_NE(free, std::string::npos);
  EXPECT_GT(std::stoll(facts.substr(free + 12)) * 4096, 300LL << 20);
}

TEST(MakeExt4, LeavesNoFileBehindWhenItFails) {
  const test::Directory dir;
  EXPECT_THROW(make_ext4(dir.path() / "none", dir.path() / "disk"), Error);
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "disk"));
}

}  // namespace
}  // namespace bench
