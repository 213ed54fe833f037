#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/unit/docker/driver_fixture.h"

namespace bench::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const StartProbe kProbe{std::string("tar\0bytes", 9), {"/probe", "report"}};

class DockerStartTest : public DockerDriverTest {
 protected:
  DockerStartTest() {
    daemon.answer("GET", "/images/.*/json$",
                  {.body = R"({"Id":"sha256:1","Config":{"Entrypoint":["/app"],"Cmd":["serve","8080"]}})"});
    daemon.answer("PUT", "/containers/c1/archive", {.status = 200});
    daemon.answer("POST", "/containers/c1/start", {.status = 204});
    daemon.answer("POST", "/containers/c1/wait", {.body = R"({"StatusCode":0})"});
    daemon.answer("GET", "/containers/c1/logs", {.body = "@bench start user=0:0\n"});
    daemon.answer("DELETE", "/containers/c1", {.status = 204});
  }
  json created() {
    for (const auto& request : daemon.requests()) {
      if (request.body.starts_with('{')) return json::parse(request.body);
    }
    ADD_FAILURE() << "no container was created";
    return {};
  }
};

TEST_F(DockerStartTest, AProbeRunsInPlaceOfTheImagesProgramWithItsWords) {
  EXPECT_EQ(driver->start_report(images, spec, kProbe, {}), "@bench start user=0:0\n");
  const json container = created();
  EXPECT_EQ(container.at("Entrypoint").dump(), R"(["/probe","report"])");
  EXPECT_EQ(container.at("Cmd").dump(), R"(["/app","serve","8080"])");
  EXPECT_EQ(container.at("HostConfig").at("NetworkMode").get<std::string>(), "none");
  EXPECT_EQ(container.at("Labels").at("bench").get<std::string>(), "1");
  EXPECT_THAT(daemon.lines().back(), HasSubstr("DELETE /v1.41/containers/c1?force=1"));
}

TEST_F(DockerStartTest, TheContainerGoesAlsoWhereItCannotBeStarted) {
  daemon.answer("POST", "/containers/c1/start", {.status = 500, .body = R"({"message":"no such runtime"})"});
  const Error error = failure([&] { (void)driver->start_report(images, spec, kProbe, {}); });
  EXPECT_THAT(error.what(), HasSubstr("no such runtime"));
  EXPECT_THAT(daemon.lines().back(), HasSubstr("DELETE /v1.41/containers/c1?force=1"));
}

}  // namespace
}  // namespace bench::test
