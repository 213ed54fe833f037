#include "bench/images/weigh/size.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/subprocess.h"
#include "bench/images/build/docker_archive.h"
#include "bench/images/weigh/disk_map.h"
#include "bench/images/weigh/ext4.h"
#include "bench/images/weigh/layers.h"
#include "bench/images/weigh/memory.h"
#include "bench/images/weigh/transfer.h"
#include "temp_dir.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

/// Nothing compresses it.
std::string noise(std::size_t bytes) {
  std::mt19937 random(7);
  std::string text(bytes, '\0');
  for (auto& byte : text) byte = static_cast<char>(random());
  return text;
}

std::int64_t in_blocks(std::int64_t bytes) {
  return (bytes + 4095) / 4096 * 4096;
}

TEST(Transfer, NoiseStaysAndZerosGo) {
  const test::TempDir dir;
  const std::size_t size = 3'000'000;
  const auto random = compressed_bytes(dir.write("noise", noise(size)), {});
  EXPECT_NEAR(static_cast<double>(random), static_cast<double>(size), 0.001 * static_cast<double>(size));
  EXPECT_LT(compressed_bytes(dir.write("zeros", std::string(size, '\0')), {}), 5'000);
  EXPECT_LT(compressed_bytes(dir.write("empty", ""), {}), 100);
}

TEST(Transfer, IsWhatGzipWrites) {
  if (!have_program("gzip")) GTEST_SKIP() << "no gzip";
  const test::TempDir dir;
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i * 7919 % 10'007) + "\n";
  const auto file = dir.write("text", text);
  const auto expected = check_command({"sh", "-c", "gzip -6 -c -n '" + file.string() + "' | wc -c"});
  // gzip's own deflate is a little older than zlib's.
  EXPECT_NEAR(static_cast<double>(compressed_bytes(file, {})) / std::stod(expected), 1.0, 0.01);
}

TEST(Transfer, AnAnswerIsRememberedByContentAndOthersAreNot) {
  const test::TempDir dir;
  const auto file = dir.write("a", std::string(1000, 'a'));
  const auto cache = dir.path() / "cache";
  const std::vector<TransferFile> files = {{file, "1234"}, {file, ""}};
  const auto first = compressed_bytes(files, cache, {});
  EXPECT_EQ(first[0], first[1]);
  dir.write("a", noise(1000));
  const auto again = compressed_bytes(files, cache, {});
  EXPECT_EQ(again[0], first[0]);
  EXPECT_GT(again[1], first[1]);
}

TEST(Transfer, AFileThatIsNotThereIsAnErrorAndNotZero) {
  EXPECT_THROW(compressed_bytes({{"/not/there", ""}, {"/not/there/either", ""}}, "/not/a/cache", {}), Error);
}

TEST(Transfer, CanBeStopped) {
  const test::TempDir dir;
  std::stop_source source;
  source.request_stop();
  try {
    compressed_bytes(dir.write("a", "a"), source.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
}

TEST(Layers, TakeWholeBlocks) {
  EXPECT_EQ(allocated_bytes({"a", 'f', 0, 0}), 0);
  EXPECT_EQ(allocated_bytes({"a", 'f', 1, 0}), 4096);
  EXPECT_EQ(allocated_bytes({"a", 'f', 4096, 0}), 4096);
  EXPECT_EQ(allocated_bytes({"a", 'f', 4097, 0}), 8192);
  EXPECT_EQ(allocated_bytes({"a", 'd', 0, 0}), 4096);
  EXPECT_EQ(allocated_bytes({"a", 'l', 20, 0}), 0);
  EXPECT_EQ(allocated_bytes({"a", 'l', 80, 0}), 4096);
  EXPECT_EQ(allocated_bytes({"a", 'h', 0, 0}), 0);
}

TEST(Layers, ComeOutOfTheArchiveAsTheyWentIn) {
  const test::TempDir dir;
  dir.write("tree/dir/file", std::string(5000, 'x'));
  fs::create_symlink("file", dir.path() / "tree/dir/link");
  fs::create_hard_link(dir.path() / "tree/dir/file", dir.path() / "tree/dir/second");
  const auto tar = dir.path() / "layer.tar";
  check_command({"tar", "-C", (dir.path() / "tree").string(), "-cf", tar.string(), "."});
  const ContainerImage image = write_docker_archive(dir.path() / "image.tar", {{"base", tar, "FROM x"}},
                                                    AppConfig(), "amd64", "x:y", 1);
  const auto layers = extract_layers(image, dir.path(), {});
  ASSERT_EQ(layers.size(), 1U);
  EXPECT_EQ(file_text(layers[0]), file_text(tar));
  std::map<char, int> kinds;
  std::int64_t bytes = 0;
  std::string read;
  read_layer(
      layers[0],
      [&](const LayerEntry& entry, const std::string& content) {
        ++kinds[entry.kind];
        bytes += entry.bytes;
        read += content;
      },
      [](const LayerEntry& entry) { return entry.path.ends_with("/file"); }, {});
  EXPECT_EQ(kinds, (std::map<char, int>{{'d', 2}, {'f', 1}, {'l', 1}, {'h', 1}}));
  EXPECT_EQ(bytes, 5000 + 4);
  EXPECT_EQ(read.size() % 5000, 0U);

  ContainerImage other = image;
  other.layers[0].diff_id = "sha256:else";
  EXPECT_THROW(extract_layers(other, dir.path(), {}), Error);
}

TEST(DiskMap, OnlyWhatIsStoredCounts) {
  const auto stored = parse_stored_extents(
      R"([{"start":0,"length":100,"data":true,"zero":false,"present":true},
          {"start":100,"length":50,"data":false,"zero":true,"present":false},
          {"start":150,"length":50,"data":true,"zero":false,"present":true}])");
  EXPECT_EQ(stored_bytes(stored, {0, 200}), 150);
  EXPECT_EQ(stored_bytes(stored, {90, 20}), 10);
  EXPECT_EQ(stored_bytes(stored, {100, 50}), 0);
  EXPECT_EQ(stored_bytes(stored, {140, 1000}), 50);
  EXPECT_EQ(stored_bytes({}, {0, 10}), 0);
  EXPECT_THROW(parse_stored_extents("no JSON"), Error);
  EXPECT_THROW(parse_stored_extents(R"([{"start": 0}])"), Error);
  EXPECT_THROW(parse_partitions("{}"), Error);
}

TEST(DiskMap, ThePartitionTableSaysWhatIsWhere) {
  const auto found = parse_partitions(
      R"({"partitiontable":{"label":"gpt","sectorsize":512,"partitions":[
           {"node":"d1","start":2048,"size":10,"type":"C12A7328-F81F-11D2-BA4B-00A0C93EC93B"},
           {"node":"d2","start":4096,"size":20,"type":"0FC63DAF-8483-4772-8E79-3D69D8477DE4"}]}})");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(found[0].efi_system);
  EXPECT_FALSE(found[1].efi_system);
  EXPECT_EQ(found[1].begin, 4096 * 512);
  EXPECT_EQ(found[1].bytes, 20 * 512);
}

TEST(Ext4, ReadsWhatMke2fsWrote) {
  if (!have_program("mke2fs")) GTEST_SKIP() << "no mke2fs";
  const test::TempDir dir;
  const std::string content = noise(300'000);
  dir.write("tree/deep/er/file", content);
  dir.write("tree/empty", "");
  fs::create_symlink("deep", dir.path() / "tree/link");
  fs::create_hard_link(dir.path() / "tree/deep/er/file", dir.path() / "tree/zz-second-name");
  const auto image = dir.path() / "disk.raw";
  constexpr std::int64_t kOffset = 1 << 20;
  check_command({"truncate", "-s", "17M", image.string()});
  check_command({"mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-E", "offset=" + std::to_string(kOffset),
                 "-d", (dir.path() / "tree").string(), image.string(), "16M"});
  const Ext4 disk(image, kOffset);
  EXPECT_EQ(disk.block_bytes(), 4096);
  EXPECT_EQ(disk.block_count(), 4096U);
  std::map<std::string, Ext4File> files;
  disk.walk([&](const Ext4File& file) { files[file.path] = file; });
  ASSERT_TRUE(files.contains("zz-second-name")) << "the first of its names";
  EXPECT_FALSE(files.contains("deep/er/file")) << "counted once";
  const Ext4File& file = files.at("zz-second-name");
  EXPECT_EQ(file.kind, 'f');
  EXPECT_EQ(file.bytes, 300'000);
  EXPECT_EQ(static_cast<std::int64_t>(file.blocks.size()) * 4096, in_blocks(300'000));
  EXPECT_EQ(files.at("deep").kind, 'd');
  EXPECT_EQ(files.at("deep").blocks.size(), 1U);
  EXPECT_EQ(files.at("link").kind, 'l');
  EXPECT_TRUE(files.at("link").blocks.empty());
  EXPECT_TRUE(files.at("empty").blocks.empty());
  EXPECT_EQ(disk.read("link/er/file"), content);
  EXPECT_EQ(disk.read("not/there"), std::nullopt);
}

TEST(Ext4, WhatIsNoFileSystemIsSaidToBeNone) {
  const test::TempDir dir;
  const auto file = dir.write("disk.raw", noise(100'000));
  try {
    const Ext4 disk(file, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(std::string(error.what()).find("disk.raw"), std::string::npos) << error.what();
  }
}

TEST(SizeMemory, ForgetsWhenTheFileOrTheMethodIsAnother) {
  const test::TempDir dir;
  ImageSet images;
  images.dir = dir.path();
  const auto file = dir.write("disk", "one");
  ImageSize size;
  size.disk = 5;
  size.layers = 3;
  size.marginal = {{2, 7}, {3, 8}};
  part(size.parts, Category::kApp) = 4;
  size.notes["slim"] = "how";
  const SizeMemory memory(images, "direct", {file, ""}, "1");
  EXPECT_FALSE(memory.recall());
  memory.keep(size);
  const auto known = SizeMemory(images, "direct", {file, ""}, "1").recall();
  ASSERT_TRUE(known);
  EXPECT_EQ(known->disk, 5);
  EXPECT_EQ(known->marginal, size.marginal);
  EXPECT_EQ(known->parts, size.parts);
  EXPECT_EQ(known->notes, size.notes);
  EXPECT_FALSE(SizeMemory(images, "direct", {file, ""}, "2").recall());
  EXPECT_FALSE(SizeMemory(images, "full", {file, ""}, "1").recall());
  dir.write("disk", "other");
  EXPECT_FALSE(SizeMemory(images, "direct", {file, ""}, "1").recall());
  dir.write("size-direct.json", "{\"of\": 3}");
  EXPECT_FALSE(SizeMemory(images, "direct", {file, ""}, "1").recall());
}

TEST(Size, WhatWasNotBuiltIsNamed) {
  ImageSet images;
  EXPECT_THROW(measure_container_size(images, {}, {}), Error);
  try {
    measure_vm_size(images, Artefact::kFullDisk, {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_NE(error.remedy().find("libvirt:full"), std::string::npos);
  }
}

}  // namespace
}  // namespace bench
