#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/images/oci/image.h"
#include "support/directory.h"
#include "unit/oci/made_image.h"

namespace bench {
namespace {

using nlohmann::json;
using test::MadeImage;
using testing::ElementsAre;
using testing::HasSubstr;

const Platform kHere{"linux", "amd64", ""};
const json kAmd64 = {{"os", "linux"}, {"architecture", "amd64"}};
const json kArm64 = {{"os", "linux"}, {"architecture", "arm64"}, {"variant", "v8"}};

std::string layer_with(const std::string& content) {
  return test::tar_of({test::file_entry("file", content)});
}

/// What the user is told: the message and the remedy.
std::string refusal(const std::string& reference, const Platform& platform = kHere) {
  try {
    (void)open_image(reference, platform);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    return std::string(error.what()) + " | " + error.remedy();
  }
  ADD_FAILURE() << reference << " was taken";
  return "";
}

TEST(OpenImage, ReadsTheConfiguration) {
  const test::Directory dir;
  MadeImage made({layer_with("a")}, kAmd64);
  made.config["config"] = {{"Entrypoint", {"/bin/app"}},
                           {"Cmd", nullptr},
                           {"Env", {"B=2", "A=1"}},
                           {"WorkingDir", "/srv"},
                           {"User", "app:1000"},
                           {"StopSignal", "SIGINT"},
                           {"ExposedPorts", {{"80/tcp", json::object()}, {"443/tcp", json::object()}}},
                           {"Labels", {{"who", "us"}}}};
  made.write_layout(dir.path());
  const OciImage image = open_image("oci:" + dir.path().string(), kHere);
  EXPECT_THAT(image.config.entrypoint, ElementsAre("/bin/app"));
  EXPECT_TRUE(image.config.cmd.empty());
  EXPECT_THAT(image.config.env, ElementsAre("B=2", "A=1"));
  EXPECT_EQ(image.config.workdir, "/srv");
  EXPECT_EQ(image.config.user, "app:1000");
  EXPECT_EQ(image.config.stop_signal, "SIGINT");
  EXPECT_THAT(image.config.exposed_ports, ElementsAre("443/tcp", "80/tcp"));
  EXPECT_EQ(image.config.labels.at("who"), "us");
  EXPECT_EQ(platform_text(image.config.platform), "linux/amd64");
  EXPECT_EQ(image.id, test::digest_of(made.config.dump()));
}

TEST(OpenImage, KnowsTheSizesAndDigestsOfItsLayers) {
  const test::Directory dir;
  const std::string layer = layer_with(std::string(100000, 'x'));
  const std::string stored = test::packed(layer, "gzip");
  MadeImage({layer}, kAmd64).write_layout(dir.path());
  const OciImage image = open_image("oci:" + dir.path().string() + ":latest", kHere);
  ASSERT_EQ(image.layers.size(), 1U);
  EXPECT_EQ(image.layers[0].diff_id, test::digest_of(layer));
  EXPECT_EQ(image.layers[0].digest, test::digest_of(stored));
  EXPECT_EQ(image.layers[0].bytes, static_cast<std::int64_t>(stored.size()));
}

TEST(OpenImage, IsTheSameImageInEachFormat) {
  const test::Directory dir;
  MadeImage made({layer_with("a"), layer_with("b"), layer_with("a")}, kAmd64);
  const auto layout = dir.path() / "layout";
  made.media_types = "";  // umoci writes none
  made.write_layout(layout);
  test::write_archive(layout, dir.path() / "oci.tar");
  test::write_archive(layout, dir.path() / "oci.tar.gz", "gzip");
  made.write_docker_archive(dir.path() / "docker.tar");
  const std::string id = test::digest_of(made.config.dump());
  for (const char* reference :
       {"oci:layout", "oci-archive:oci.tar", "oci-archive:oci.tar.gz", "docker-archive:oci.tar",
        "docker-archive:docker.tar", "oci-archive:docker.tar"}) {
    std::string absolute = reference;
    absolute.insert(absolute.find(':') + 1, dir.path().string() + "/");
    const OciImage image = open_image(absolute, kHere);
    EXPECT_EQ(image.id, id) << reference;
    EXPECT_EQ(image.layers.size(), 3U) << reference;
  }
}

TEST(OpenImage, TakesALayoutBesideDockersOwnManifest) {
  const test::Directory dir;
  MadeImage made({layer_with("a")}, kAmd64);
  made.packing = "";
  const auto layout = dir.path() / "layout";
  const json entry = made.add_to_layout(layout);
  test::write_index(layout, {entry});
  const std::string configuration = made.config.dump();
  test::write_bytes(
      layout / "manifest.json",
      json::array({{{"Config", "blobs/sha256/" + test::digest_of(configuration).substr(7)},
                    {"RepoTags", nullptr},
                    {"Layers", {"blobs/sha256/" + test::digest_of(layer_with("a")).substr(7)}}}})
          .dump());
  test::write_archive(layout, dir.path() / "both.tar");
  const OciImage image = open_image("docker-archive:" + (dir.path() / "both.tar").string(), kHere);
  EXPECT_EQ(image.manifest_digest, entry["digest"].get<std::string>());
  EXPECT_EQ(image.layers[0].digest, test::digest_of(layer_with("a")));
}

TEST(OpenImage, TakesThisMachinesPlatform) {
  const test::Directory dir;
  MadeImage arm({layer_with("arm")}, kArm64);
  MadeImage amd({layer_with("amd")}, kAmd64);
  json statement = amd.add_to_layout(dir.path(), {{"os", "unknown"}, {"architecture", "unknown"}});
  const json index = {
      {"manifests",
       {arm.add_to_layout(dir.path(), kArm64), amd.add_to_layout(dir.path(), kAmd64), statement}}};
  const std::string text = index.dump();
  test::write_bytes(dir.path() / "blobs/sha256" / test::digest_of(text).substr(7), text);
  test::write_index(dir.path(), {{{"digest", test::digest_of(text)}, {"size", text.size()}}});
  const std::string reference = "oci:" + dir.path().string();
  EXPECT_EQ(open_image(reference, kHere).id, test::digest_of(amd.config.dump()));
  EXPECT_EQ(open_image(reference, {"linux", "arm64", "v8"}).id, test::digest_of(arm.config.dump()));
  const std::string said = refusal(reference, {"linux", "s390x", ""});
  EXPECT_THAT(said, HasSubstr("linux/amd64, linux/arm64/v8, not for linux/s390x"));
}

TEST(OpenImage, ThatIsForAnotherPlatformIsRefused) {
  const test::Directory dir;
  MadeImage({layer_with("a")}, kArm64).write_docker_archive(dir.path() / "a.tar");
  EXPECT_THAT(refusal("docker-archive:" + (dir.path() / "a.tar").string()),
              HasSubstr("is for linux/arm64/v8, not for linux/amd64"));
}

TEST(OpenImage, NamesTheImagesWhereThereAreSeveral) {
  const test::Directory dir;
  const auto tagged = [&](const std::string& content, const std::string& tag) {
    json entry = MadeImage({layer_with(content)}, kAmd64).add_to_layout(dir.path());
    entry["annotations"] = {{"org.opencontainers.image.ref.name", tag}};
    return entry;
  };
  test::write_index(dir.path(), {tagged("a", "one"), tagged("b", "two")});
  const std::string reference = "oci:" + dir.path().string();
  EXPECT_THAT(refusal(reference), HasSubstr("one, two"));
  EXPECT_THAT(refusal(reference + ":three"), HasSubstr("one, two"));
  EXPECT_NE(open_image(reference + ":one", kHere).id, open_image(reference + ":two", kHere).id);
}

TEST(OpenImage, ThatWasDamagedIsRefused) {
  const test::Directory dir;
  MadeImage made({layer_with("a")}, kAmd64);
  made.write_layout(dir.path());
  const std::string configuration = made.config.dump();
  test::write_bytes(dir.path() / "blobs/sha256" / test::digest_of(configuration).substr(7),
                    configuration + " ");
  EXPECT_THAT(refusal("oci:" + dir.path().string()), HasSubstr("has the digest"));
}

TEST(OpenImage, WithoutALayerIsRefused) {
  const test::Directory dir;
  MadeImage({layer_with("a")}, kAmd64).write_layout(dir.path());
  std::filesystem::remove(dir.path() / "blobs/sha256" /
                          test::digest_of(test::packed(layer_with("a"), "gzip")).substr(7));
  EXPECT_THAT(refusal("oci:" + dir.path().string()), HasSubstr("lacks its layer"));
}

TEST(OpenImage, SaysWhatIsNoImage) {
  const test::Directory dir;
  test::write_bytes(dir.path() / "empty/nothing", "x");
  test::write_bytes(dir.path() / "text", "no tar at all, but long enough to be looked at");
  const std::string top = dir.path().string();
  EXPECT_THAT(refusal("nginx:latest"), HasSubstr("docker-archive:FILE"));
  EXPECT_THAT(refusal("oci:" + top + "/none"), HasSubstr("no such image"));
  EXPECT_THAT(refusal("oci:" + top + "/empty"), HasSubstr("neither index.json nor manifest.json"));
  EXPECT_THAT(refusal("oci:" + top + "/text"), HasSubstr("cannot open"));
  EXPECT_THAT(refusal("oci-archive:" + top + "/text"), HasSubstr("cannot read"));
  EXPECT_THAT(refusal("oci-archive:" + top), HasSubstr("no plain file"));
}

TEST(OpenImage, SaysWhichMemberIsNotAsItShouldBe) {
  const test::Directory dir;
  const std::string reference = "oci:" + dir.path().string();
  for (const char* index : {"[", "[]", "{}", R"({"manifests":3})", R"({"manifests":[{"digest":"md5:1"}]})",
                            R"({"manifests":[{"digest":"sha256:../../../etc/passwd"}]})"}) {
    test::write_bytes(dir.path() / "index.json", index);
    EXPECT_NE(refusal(reference), "") << index;
  }
}

TEST(OpenImage, ReadsNoFileOutsideItsDirectory) {
  const test::Directory dir;
  MadeImage({layer_with("a")}, kAmd64).write_layout(dir.path() / "layout");
  std::filesystem::rename(dir.path() / "layout/index.json", dir.path() / "outside.json");
  std::filesystem::create_symlink(dir.path() / "outside.json", dir.path() / "layout/index.json");
  EXPECT_THAT(refusal("oci:" + (dir.path() / "layout").string()), HasSubstr("neither"));
}

}  // namespace
}  // namespace bench
