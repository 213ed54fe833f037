#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "drivers/docker/docker.h"
#include "tests/support/directory.h"
#include "tests/support/fake_daemon.h"
#include "tests/unit/docker/driver_fixture.h"

namespace bench::test {

namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

}  // namespace

TEST_F(DockerDriverTest, AnImageThatIsThereIsNotLoaded) {
  const Facts facts = driver->prepare(images, "", {});
  EXPECT_EQ(facts.at("digest"), Fact(images.container.id));
  EXPECT_EQ(facts.at("layers"), Fact(std::int64_t{1}));
  for (const auto& line : daemon.lines()) EXPECT_THAT(line, Not(HasSubstr("POST")));
}

TEST_F(DockerDriverTest, AnImageThatIsThereUnderAnotherNameGetsOurs) {
  daemon.answer("POST", "/images/sha256:d8e15bba", {.status = 201});
  images.container.reference = "bench/backend:new";
  driver->prepare(images, "", {});
  EXPECT_EQ(daemon.lines().back(),
            "POST /v1.41/images/" + images.container.id + "/tag?repo=bench%2Fbackend&tag=new");
}

TEST_F(DockerDriverTest, AnErrorInsideA200IsAnError) {
  daemon.answer("GET", "/images/.*/json$", {.status = 404, .body = R"({"message":"No such image"})"});
  daemon.answer(
      "POST", "/images/load",
      {.chunks = {R"({"errorDetail":{"message":"Error processing tar file(exit status 1): unexpec)",
                  R"(ted EOF"},"error":"Error processing tar file(exit status 1): unexpected EOF"})"}});
  const Error error = failure([&] { driver->prepare(images, "", {}); });
  EXPECT_EQ(error.code(), ErrorCode::kEngine);
  EXPECT_THAT(error.what(), HasSubstr("Error processing tar file(exit status 1): unexpected EOF"));
  EXPECT_FALSE(error.remedy().empty());
}

TEST_F(DockerDriverTest, ALoadThatBringsSomethingElseIsAnError) {
  daemon.answer("GET", "/images/.*/json$", {.status = 404, .body = R"({"message":"No such image"})"});
  daemon.answer("POST", "/images/load", {.body = R"({"stream":"Loaded image: other:1\n"})"});
  EXPECT_THAT(failure([&] { driver->prepare(images, "", {}); }).what(), HasSubstr("has no image bench/tiny"));
}

TEST_F(DockerDriverTest, AnEngineThatNumbersByManifestIsAskedByReference) {
  json image = json::parse(fixture("docker-20.10/image.json"));
  image["Id"] = "sha256:manifest";
  daemon.answer("GET", "/images/.*/json$", {.status = 404, .body = R"({"message":"No such image"})"});
  daemon.answer("GET", "/images/bench/tiny", {.body = image.dump()});
  driver->prepare(images, "", {});
  driver->create(images, spec, {});
  EXPECT_EQ(json::parse(daemon.requests().back().body)["Image"], "sha256:manifest");
}

TEST_F(DockerDriverTest, FiguresOfTheImageComeFromEveryPlaceThatHasThem) {
  const Directory layers;
  json image = json::parse(fixture("docker-20.10/image.json"));
  image["Size"] = 5000;
  image["GraphDriver"] = {{"Name", "overlay2"},
                          {"Data",
                           {{"UpperDir", layers.file("upper/one", 8 << 20)},
                            {"LowerDir", layers.file("a/two", 100) + ":" + layers.file("b/three", 1)}}}};
  daemon.answer("GET", "/images/.*/json$", {.body = image.dump()});
  daemon.answer("GET", "/images/.*/history$", {.body = R"([{"Size":4000},{"Size":0},{"Size":1000}])"});
  daemon.answer("GET", "/system/df$",
                {.body = json{{"Images",
                               {{{"Id", "sha256:other"}, {"Size", 1}, {"SharedSize", 1}},
                                {{"Id", images.container.id}, {"Size", 5000}, {"SharedSize", 4000}}}}}
                             .dump()});
  std::map<std::string, std::int64_t> figures;
  for (const auto& figure : driver->image_figures(images, "", {})) {
    figures[figure.quantity + "_" + figure.check] = figure.bytes;
  }
  // Three directories and three files: whole blocks, of which no file system makes less than 512 bytes.
  EXPECT_GE(figures["disk_engine"], (8 << 20) + 100 + 1);
  EXPECT_LE(figures["disk_engine"], 9 << 20);
  EXPECT_EQ(figures["disk_engine"] % 512, 0);
  EXPECT_EQ(figures["virtual_engine"], 5000);
  EXPECT_EQ(figures["virtual_history"], 5000);
  EXPECT_EQ(figures["virtual_df"], 5000);
  EXPECT_EQ(figures["unique_df"], 1000);
}

TEST_F(DockerDriverTest, ContainerdsStoreIsNoSecondSourceOfALength) {
  daemon.answer("GET", "^/version$", {.body = fixture("docker-29/version.json")});
  daemon.answer("GET", "/info$", {.body = fixture("docker-29/info.json")});
  daemon.answer("GET", "/images/.*/json$", {.body = fixture("docker-29/image.json")});
  daemon.answer("GET", "/images/.*/history$", {.body = R"([{"Size":165000000}])"});
  const DriverInfo info = driver->info("");
  EXPECT_EQ(info.engine.at("image_store"), Fact(std::string("containerd")));
  EXPECT_EQ(info.engine.at("api"), Fact(std::string("1.47")));
  EXPECT_TRUE(info.warnings.empty());
  std::map<std::string, std::int64_t> figures;
  for (const auto& figure : driver->image_figures(images, "", {})) {
    EXPECT_THAT(figure.source, HasSubstr("containerd's image store"));
    figures[figure.quantity + "_" + figure.check] = figure.bytes;
  }
  EXPECT_EQ(figures,
            (std::map<std::string, std::int64_t>{{"store_engine", 312000000}, {"store_history", 165000000}}));
}

/// Recorded from Docker 26.1.5: the same image in both of its stores.
TEST_F(DockerDriverTest, BothStoresOfDocker26AreReadAsWhatTheyAre) {
  const auto figures_of = [&](const std::string& recording) {
    daemon.answer("GET", "^/version$", {.body = fixture(recording + "/version.json")});
    daemon.answer("GET", "/info$", {.body = fixture(recording + "/info.json")});
    daemon.answer("GET", "/images/.*/history$", {.body = fixture(recording + "/history.json")});
    daemon.answer("GET", "/images/.*/json$", {.body = fixture(recording + "/image.json")});
    daemon.answer("GET", "/system/df$", {.body = fixture(recording + "/df.json")});
    images.container.id = json::parse(fixture(recording + "/image.json")).at("Id");
    std::map<std::string, std::int64_t> figures;
    for (const auto& figure : make_docker_driver_at(daemon.socket())->image_figures(images, "", {})) {
      figures[figure.quantity + "_" + figure.check] = figure.bytes;
    }
    return figures;
  };
  using Figures = std::map<std::string, std::int64_t>;
  EXPECT_EQ(figures_of("docker-26"), (Figures{{"virtual_engine", 162209220},
                                              {"virtual_history", 162209220},
                                              {"virtual_df", 162209220},
                                              {"unique_df", 162209220}}));
  // What was loaded; the blocks of what was unpacked; the sum of both.
  EXPECT_EQ(figures_of("docker-26-containerd"), (Figures{{"store_engine", 167794683},
                                                         {"store_history", 181583872},
                                                         {"store_df", 349378555},
                                                         {"store_unique_df", 349378555}}));
}

TEST_F(DockerDriverTest, FiguresThatAreNotThereAreAbsent) {
  daemon.answer("GET", "/images/.*/history$", {.status = 500, .body = "{}"});
  daemon.answer("GET", "/system/df$", {.body = R"({"Images":null})"});
  for (const auto& figure : driver->image_figures(images, "", {})) {
    EXPECT_EQ(figure.check, "engine") << figure.source;
    EXPECT_EQ(figure.quantity, "virtual") << "the layers' directories are on another machine";
  }
}

}  // namespace bench::test
