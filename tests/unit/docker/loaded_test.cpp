#include "drivers/docker/loaded.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "drivers/docker/docker.h"
#include "tests/support/fake_daemon.h"

namespace bench::test {

namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// A daemon with images of ours and of others. It lists them all, whatever it is asked for.
class LoadedImages : public testing::Test {
 protected:
  struct Image {
    std::string id;
    std::vector<std::string> tags;
    json config;
    std::string last_tag_time;
  };

  LoadedImages() {
    daemon.answer("GET", "^/version$", {.body = fixture("docker-20.10/version.json")});
    daemon.answer("GET", "/info$", {.body = fixture("docker-20.10/info.json")});
    daemon.on("GET", "/images/json", [this](const DaemonRequest&) {
      json rows = json::array();
      for (const Image& image : images) rows.push_back({{"Id", image.id}, {"RepoTags", image.tags}});
      return DaemonReply{.body = rows.dump()};
    });
    daemon.on("GET", "/images/sha256:.*/json$", [this](const DaemonRequest& request) {
      for (const Image& image : images) {
        if (request.path.find(image.id + "/") != std::string::npos) return DaemonReply{.body = told(image)};
      }
      return DaemonReply{.status = 404, .body = "{}"};
    });
    daemon.on("GET", "/containers/json",
              [this](const DaemonRequest&) { return DaemonReply{.body = containers.dump()}; });
    daemon.on("DELETE", "/images/", [this](const DaemonRequest& request) { return untag(request.path); });
    daemon.on("POST", "/images/sha256:.*/tag",
              [](const DaemonRequest&) { return DaemonReply{.status = 201}; });
  }

  static std::string told(const Image& image) {
    return json{{"Id", image.id},
                {"RepoTags", image.tags},
                {"Config", image.config},
                {"Metadata", {{"LastTagTime", image.last_tag_time}}}}
        .dump();
  }

  DaemonReply untag(const std::string& path) {
    const auto begin = path.find("/images/") + 8;
    const std::string name = path.substr(begin, path.find('?') - begin);
    EXPECT_EQ(path.find("force"), std::string::npos) << "the daemon must be free to refuse";
    std::erase_if(images,
                  [&](Image& image) { return std::erase(image.tags, name) > 0 && image.tags.empty(); });
    return {.body = "[]"};
  }

  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> result;
    for (const Image& image : images) result.push_back(image.id);
    return result;
  }

  static std::string tag(int number) { return fmt::format("bench/backend:{:012x}", number); }
  static Image ours(int number, int day) {
    return {fmt::format("sha256:{:064x}", number),
            {tag(number)},
            json{{"Labels", {{"bench.image", "1"}}}},
            fmt::format("2026-11-{:02}T10:00:00Z", day)};
  }

  FakeDaemon daemon;
  std::vector<Image> images;
  json containers = json::array();
};

TEST_F(LoadedImages, OnlyThoseOfOursAreRemoved) {
  const json mark{{"Labels", {{"bench.image", "1"}}}};
  const json before_labels{{"Labels", nullptr}, {"Env", {"A=b", "FLASK_APP=/opt/bench/bench_probe.py"}}};
  images = {{"sha256:label", {tag(1)}, mark, ""},
            {"sha256:probe", {tag(2)}, before_labels, ""},
            {"sha256:nomark", {tag(3)}, json{{"Labels", nullptr}}, ""},
            {"sha256:derived", {"user/app:1"}, mark, ""},
            {"sha256:named", {"bench/backend:mine", "bench/backend:0123456789abc"}, mark, ""},
            {"sha256:elsewhere", {"example.org/" + tag(4)}, mark, ""},
            {"sha256:shared", {tag(5), "user/kept:1"}, mark, ""},
            {"sha256:runs", {tag(6)}, mark, ""},
            {"sha256:stopped", {tag(7)}, mark, ""},
            {"sha256:nothing", {}, mark, ""}};
  containers = {
      {{"Id", "c1"}, {"Image", "sha256:runs"}, {"ImageID", "sha256:runs"}, {"State", "running"}},
      {{"Id", "c2"}, {"Image", tag(7)}, {"ImageID", "sha256:of-the-manifest"}, {"State", "exited"}}};
  const DockerEngine engine(daemon.socket());
  EXPECT_THAT(remove_loaded_images(engine, 0), UnorderedElementsAre(tag(1), tag(2), tag(5)));
  EXPECT_THAT(ids(),
              UnorderedElementsAre("sha256:nomark", "sha256:derived", "sha256:named", "sha256:elsewhere",
                                   "sha256:shared", "sha256:runs", "sha256:stopped", "sha256:nothing"));
  EXPECT_THAT(remove_loaded_images(engine, 0), IsEmpty()) << "nothing is left to remove";
}

TEST_F(LoadedImages, AnImageAsItIsIsKnownByTheIdInItsName) {
  images = {{"sha256:0123456789abcdef", {"bench/image:0123456789ab"}, json::object(), ""},
            {"sha256:1111111111111111", {"bench/image:0123456789ac"}, json::object(), ""},
            {"sha256:2222222222222222", {"bench/image:222222222222", "user/app:1"}, json::object(), ""},
            {"sha256:3333333333333333", {"bench/image:3333"}, json::object(), ""}};
  const DockerEngine engine(daemon.socket());
  EXPECT_THAT(remove_loaded_images(engine, 0),
              UnorderedElementsAre("bench/image:0123456789ab", "bench/image:222222222222"));
}

TEST_F(LoadedImages, WhatWasUsedLastIsKept) {
  for (int number = 1; number <= 4; ++number) images.push_back(ours(number, number));
  const DockerEngine engine(daemon.socket());
  EXPECT_THAT(remove_loaded_images(engine, 4), IsEmpty());
  EXPECT_THAT(remove_loaded_images(engine, 2, {images[0].id}), ElementsAre(tag(2)));
  EXPECT_EQ(ids().size(), 3U) << "the two newest and the one that is spared";
}

TEST_F(LoadedImages, WhatTheDaemonRefusesStays) {
  images = {ours(1, 1), ours(2, 2)};
  daemon.answer("DELETE", "/images/", {.status = 409, .body = R"({"message":"conflict: in use"})"});
  const DockerEngine engine(daemon.socket());
  EXPECT_THAT(remove_loaded_images(engine, 0), IsEmpty());
}

TEST_F(LoadedImages, ARunLeavesTheEightNewestAndItsOwn) {
  for (int number = 1; number <= 10; ++number) images.push_back(ours(number, number));
  ImageSet set;
  set.container.id = images[0].id;  // used now for the first time in weeks
  set.container.reference = tag(1);
  const auto driver = make_docker_driver_at(daemon.socket());
  driver->prepare(set, "", {});
  EXPECT_THAT(ids(), testing::Contains(set.container.id));
  EXPECT_EQ(ids().size(), 9U) << "eight, and the one in use";
  EXPECT_THAT(daemon.lines(),
              testing::Contains(testing::HasSubstr("/tag?repo=bench%2Fbackend&tag=000000000001")))
      << "named again: the daemon now knows that it was used";
}

TEST_F(LoadedImages, ARunOfManyAppsLosesNone) {
  for (int number = 21; number <= 30; ++number) {
    images.push_back(ours(number, 1));
    ImageSet set;
    set.container.id = images.back().id;
    set.container.reference = tag(number);
    make_docker_driver_at(daemon.socket())->prepare(set, "", {});  // each target has a driver of its own
  }
  EXPECT_EQ(ids().size(), 10U);
}

TEST_F(LoadedImages, ADaemonThatDoesNotListThemFailsNoRun) {
  images = {ours(1, 1)};
  daemon.answer("GET", "/images/json", {.status = 500, .body = R"({"message":"no"})"});
  ImageSet set;
  set.container.id = images[0].id;
  set.container.reference = tag(1);
  EXPECT_NO_THROW(make_docker_driver_at(daemon.socket())->prepare(set, "", {}));
  EXPECT_THAT(daemon.lines(), testing::Contains(testing::HasSubstr("/images/json"))) << "it was asked";
}

TEST_F(LoadedImages, CleanLooksIntoTheDaemonThatIsNamed) {
  images = {ours(1, 1), {"sha256:foreign", {"user/app:1"}, json::object(), ""}};
  setenv("DOCKER_HOST", ("unix://" + daemon.socket().string()).c_str(), 1);
  EXPECT_THAT(clean_loaded_images(), ElementsAre(testing::HasSubstr(tag(1))));
  EXPECT_THAT(ids(), ElementsAre("sha256:foreign"));
  daemon.die();
  EXPECT_THAT(clean_loaded_images(), IsEmpty());
  unsetenv("DOCKER_HOST");
}

TEST(LoadedReference, IsTheRepositoryAndAKey) {
  EXPECT_TRUE(is_loaded_reference("bench/backend:429217ef6b1f"));
  for (const char* other :
       {"", "bench/backend", "bench/backend:", "bench/backend:latest", "bench/backend:429217ef6b1",
        "bench/backend:429217EF6B1F", "x/bench/backend:429217ef6b1f", "bench/backend2:429217ef6b1f"}) {
    EXPECT_FALSE(is_loaded_reference(other)) << other;
  }
}

}  // namespace

}  // namespace bench::test
