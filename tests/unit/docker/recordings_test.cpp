// Answers of a daemon that is newer than the one this driver was written with, as they were recorded.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "drivers/docker/engine.h"
#include "drivers/docker/loaded.h"
#include "tests/unit/docker/driver_fixture.h"

namespace bench::test {

namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Docker26 : public DockerDriverTest {
 protected:
  Docker26() {
    for (const char* what : {"version", "info"}) {
      daemon.answer("GET", std::string("/") + what + "$", {.body = recorded(std::string(what) + ".json")});
    }
    daemon.answer("GET", "/images/.*/json$", {.body = recorded("image.json")});
    daemon.answer("POST", "/containers/create", {.status = 201, .body = recorded("created.json")});
    container_ = json::parse(recorded("created.json")).at("Id");
  }
  static std::string recorded(const std::string& name) { return fixture("docker-26/" + name); }
  static std::string of_containerd(const std::string& name) {
    return fixture("docker-26-containerd/" + name);
  }
  void inspected(const std::string& answer) {
    daemon.answer("GET", "/containers/" + container_ + "/json$", {.body = answer});
  }

  std::string container_;
};

TEST_F(Docker26, AContainerIsFollowedFromCreateToItsEnd) {
  ASSERT_EQ(driver->create(images, spec, {}), container_);
  EXPECT_THAT(daemon.lines(), Contains(HasSubstr("POST /v1.45/containers/create")));
  inspected(recorded("container_created.json"));
  EXPECT_FALSE(driver->state(container_).running);
  EXPECT_EQ(driver->state(container_).detail, "created");
  EXPECT_FALSE(driver->state(container_).exit_code) << "it has not ended";
  inspected(recorded("container_running.json"));
  EXPECT_TRUE(driver->state(container_).running);
  EXPECT_EQ(driver->endpoint(container_).port, 32768);
  inspected(recorded("container_exited.json"));
  EXPECT_FALSE(driver->state(container_).running);
  EXPECT_EQ(driver->state(container_).exit_code, 137);
  EXPECT_EQ(driver->state(container_).detail, "exited (137)");
}

TEST_F(Docker26, ANameThatIsTakenIsSaidInItsWords) {
  daemon.answer("POST", "/containers/create", {.status = 409, .body = recorded("created_twice.json")});
  EXPECT_THAT(failure([&] { driver->create(images, spec, {}); }).what(),
              HasSubstr("409 Conflict. The container name \"/bench-x0\" is already in use"));
}

TEST_F(Docker26, ItsListOfContainersIsRead) {
  daemon.answer("GET", "/containers/json", {.body = recorded("containers.json")});
  const auto owned = driver->owned();
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].id, container_);
  EXPECT_EQ(owned[0].name, "bench-x0");
  EXPECT_EQ(owned[0].owner.run_id, "run");
  EXPECT_EQ(owned[0].owner.pid, 3794);
}

TEST_F(Docker26, AnImageIsRemovedFromBothStoresAndOneInUseIsLeft) {
  const DockerEngine engine(daemon.socket());
  daemon.answer("GET", "/containers/json", {.body = "[]"});
  for (const auto& read : {recorded, of_containerd}) {
    daemon.answer("GET", "/images/json", {.body = read("images.json")});
    daemon.answer("DELETE", "/images/", {.status = 409, .body = read("image_in_use.json")});
    EXPECT_THAT(remove_loaded_images(engine, 0), IsEmpty());
    daemon.answer("DELETE", "/images/", {.body = read("image_removed.json")});
    EXPECT_THAT(remove_loaded_images(engine, 0), ElementsAre("bench/backend:0123456789ab"));
  }
}

TEST_F(Docker26, ALoadThatFailsIsSaidInTheWordsOfEitherStore) {
  daemon.answer("GET", "/images/.*/json$", {.status = 404, .body = R"({"message":"No such image"})"});
  for (const auto& read : {recorded, of_containerd}) {
    daemon.answer("POST", "/images/load", {.body = read("load_broken.json")});
    EXPECT_THAT(failure([&] { driver->prepare(images, "", {}); }).what(), HasSubstr("unexpected EOF"));
  }
}

}  // namespace

}  // namespace bench::test
