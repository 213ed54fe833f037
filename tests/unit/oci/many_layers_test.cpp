#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "bench/images/tree/digest.h"
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

namespace fs = std::filesystem;

constexpr int kLayers = 60;

std::vector<TarEntry> first_layer() {
  TarEntry capable = file_entry("bin/capable", "c", 0755);
  capable.xattrs = {{"security.capability", test::kCapability}};
  TarEntry pipe = file_entry("pipe", "");
  pipe.mode = S_IFIFO | 0600;
  TarEntry device = file_entry("device", "");
  device.mode = S_IFCHR | 0666;
  device.device = makedev(1, 5);
  TarEntry owned = file_entry("owned", "o", 02755);
  owned.uid = owned.gid = 1000;
  TarEntry hard = hard_entry("hard", "owned", 02755);
  hard.uid = hard.gid = 1000;
  return {directory_entry("./", 0755),
          directory_entry("bin"),
          capable,
          file_entry("bin/setuid", "s", 04755),
          pipe,
          device,
          owned,
          file_entry("caf\xe9-\xff", "n"),
          hard,
          directory_entry("opaque"),
          file_entry("opaque/low", "1"),
          file_entry("kind", "file"),
          directory_entry("swap"),
          file_entry("swap/inner", "1")};
}

/// Layer N writes a file of its own, writes one again, and takes away every third file of the layer before.
std::vector<TarEntry> layer_number(int number) {
  std::vector<TarEntry> layer = {directory_entry("files"),
                                 file_entry("files/" + std::to_string(number), std::string(number, 'n')),
                                 file_entry("again", std::to_string(number))};
  if (number % 3 == 1) layer.push_back(file_entry("files/.wh." + std::to_string(number - 1), ""));
  if (number == 20) layer.push_back(file_entry("opaque/.wh..wh..opq", ""));
  if (number == 20) layer.push_back(file_entry("opaque/high", "2"));
  if (number == 30) layer.push_back(directory_entry("kind"));
  if (number == 31) layer.push_back(file_entry("swap", "file now"));
  if (number == 40) layer.push_back(hard_entry("far", "files/2"));
  return layer;
}

/// The same tree, by system calls.
void make_expected(const fs::path& top) {
  fs::create_directories(top / "bin");
  fs::create_directories(top / "opaque");
  fs::create_directories(top / "kind");
  fs::create_directories(top / "files");
  test::write_bytes(top / "bin/capable", "c");
  test::write_bytes(top / "bin/setuid", "s");
  test::write_bytes(top / "owned", "o");
  test::write_bytes(top / "caf\xe9-\xff", "n");
  test::write_bytes(top / "opaque/high", "2");
  test::write_bytes(top / "swap", "file now");
  test::write_bytes(top / "again", std::to_string(kLayers - 1));
  for (int i = 1; i < kLayers; ++i) {
    if (i % 3 != 0 || i == kLayers - 1)
      test::write_bytes(top / "files" / std::to_string(i), std::string(i, 'n'));
  }
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    ASSERT_EQ(chmod(entry.path().c_str(), entry.is_directory() ? 0755 : 0644), 0);
  }
  // In this order: another owner takes both away.
  ASSERT_EQ(chown((top / "owned").c_str(), 1000, 1000), 0);
  chmod((top / "owned").c_str(), 02755);
  chmod((top / "bin/setuid").c_str(), 04755);
  chmod((top / "bin/capable").c_str(), 0755);
  setxattr((top / "bin/capable").c_str(), "security.capability", test::kCapability.data(),
           test::kCapability.size(), 0);
  link((top / "owned").c_str(), (top / "hard").c_str());
  test::write_bytes(top / "far", "nn");
  chmod((top / "far").c_str(), 0644);
  mknod((top / "device").c_str(), S_IFCHR, makedev(1, 5));
  chmod((top / "device").c_str(), 0666);
  mkfifo((top / "pipe").c_str(), 0600);
  chmod(top.c_str(), 0755);
}

std::vector<std::vector<TarEntry>> all_layers() {
  std::vector<std::vector<TarEntry>> layers = {first_layer()};
  for (int i = 1; i < kLayers; ++i) layers.push_back(layer_number(i));
  return layers;
}

TEST(ManyLayers, GiveTheTreeThatSystemCallsMake) {
  BENCH_NEEDS_ROOT();
  const test::Directory dir;
  const Unpacked tree(all_layers());
  make_expected(dir.path() / "expected");
  EXPECT_EQ(tree_digest(tree.top()).sha256, tree_digest(dir.path() / "expected").sha256);
  make_ext4(tree.top(), dir.path() / "disk");
  EXPECT_EQ(ext4_digest(dir.path() / "disk").sha256, tree_digest(tree.top()).sha256);
}

}  // namespace
}  // namespace bench
