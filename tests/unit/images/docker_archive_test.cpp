#include "bench/images/build/docker_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "bench/images/build/sha256.h"
#include "temp_dir.h"

namespace bench {
namespace {

/// Name and content of every entry.
std::map<std::string, std::string> entries(const std::filesystem::path& tar) {
  std::map<std::string, std::string> result;
  archive* reader = archive_read_new();
  archive_read_support_format_tar(reader);
  EXPECT_EQ(archive_read_open_filename(reader, tar.c_str(), 65536), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    std::string text(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader, text.data(), text.size()), static_cast<la_ssize_t>(text.size()));
    result[archive_entry_pathname(entry)] = text;
  }
  archive_read_free(reader);
  return result;
}

class DockerArchiveTest : public testing::Test {
 protected:
  ContainerImage write(const std::string& name) {
    const std::vector<LayerFile> layers = {
        {"base", dir_.write("base.tar", std::string(3'000'000, 'b')), "FROM base"},
        {"app", dir_.write("app.tar", "app layer"), "COPY . ."}};
    return write_docker_archive(dir_.path() / name, layers, AppConfig(), "amd64", "bench/backend:abc",
                                1'700'000'000);
  }
  test::TempDir dir_;
};

TEST_F(DockerArchiveTest, EverythingIsNamedByItsContent) {
  const ContainerImage image = write("image.tar");
  const auto files = entries(image.archive);
  const auto manifest = nlohmann::json::parse(files.at("manifest.json"));
  ASSERT_EQ(manifest.size(), 1U);
  EXPECT_EQ(manifest[0]["RepoTags"], nlohmann::json({"bench/backend:abc"}));

  const std::string config_text = files.at(manifest[0]["Config"]);
  EXPECT_EQ("sha256:" + Sha256().add(config_text).hex(), image.id);
  const auto config = nlohmann::json::parse(config_text);
  ASSERT_EQ(config["rootfs"]["diff_ids"].size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string layer = files.at(manifest[0]["Layers"][i]);
    EXPECT_EQ("sha256:" + Sha256().add(layer).hex(), config["rootfs"]["diff_ids"][i].get<std::string>());
    EXPECT_EQ(image.layers[i].diff_id, config["rootfs"]["diff_ids"][i].get<std::string>());
    EXPECT_EQ(image.layers[i].bytes, static_cast<std::int64_t>(layer.size()));
  }
  EXPECT_EQ(image.layers[0].role, "base");
}

TEST_F(DockerArchiveTest, TheConfigurationStartsTheAppAsEverywhere) {
  const auto files = entries(write("image.tar").archive);
  const auto manifest = nlohmann::json::parse(files.at("manifest.json"));
  const auto config = nlohmann::json::parse(files.at(manifest[0]["Config"]));
  EXPECT_EQ(config["architecture"], "amd64");
  EXPECT_EQ(config["created"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(config["config"]["Cmd"], nlohmann::json(AppConfig().command));
  EXPECT_EQ(config["config"]["WorkingDir"], "/backend-flask");
  EXPECT_EQ(config["config"]["StopSignal"], "SIGINT");
  EXPECT_TRUE(config["config"]["ExposedPorts"].contains("4567/tcp"));
  EXPECT_EQ(config["config"]["Labels"], nlohmann::json({{"bench.image", "1"}})) << "how clean knows it";
  const auto env = config["config"]["Env"].get<std::vector<std::string>>();
  EXPECT_NE(std::find(env.begin(), env.end(), "FLASK_APP=/opt/bench/bench_probe.py"), env.end());
  // Engines refuse an image whose history does not have as many layers as there are.
  int layers = 0;
  for (const auto& line : config["history"]) layers += line.value("empty_layer", false) ? 0 : 1;
  EXPECT_EQ(layers, 2);
}

TEST_F(DockerArchiveTest, TheSameLayersGiveTheSameBytes) {
  const auto first = write("first.tar"), second = write("second.tar");
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(sha256_of_file(first.archive), sha256_of_file(second.archive));
}

TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256().add("a").add("bc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_NE(Sha256().add_field("ab").add_field("c").hex(), Sha256().add_field("a").add_field("bc").hex());
}

}  // namespace
}  // namespace bench
