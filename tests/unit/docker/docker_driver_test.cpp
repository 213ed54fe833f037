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

TEST_F(DockerDriverTest, InfoIsWhatTheDaemonSays) {
  const DriverInfo info = driver->info("");
  EXPECT_EQ(family_of(info.traits), Kind::kContainer);
  EXPECT_EQ(info.engine_name, "Docker");
  EXPECT_EQ(info.engine_version, "20.10.24+dfsg1");
  EXPECT_EQ(info.acceleration, Acceleration::kNone);
  EXPECT_EQ(info.engine.at("api"), Fact(std::string("1.41")));
  EXPECT_EQ(info.engine.at("storage_driver"), Fact(std::string("overlay2")));
  EXPECT_EQ(info.engine.at("runtime"), Fact(std::string("runc")));
  EXPECT_EQ(info.engine.at("cgroup_version"), Fact(std::string("1")));
  EXPECT_EQ(info.engine.at("private"), Fact(false));
}

TEST_F(DockerDriverTest, AnEngineInAVmIsWarnedAbout) {
  json told = json::parse(fixture("docker-20.10/info.json"));
  told["OperatingSystem"] = "Docker Desktop";
  told["KernelVersion"] = "6.6.12-linuxkit";
  daemon.answer("GET", "/info$", {.body = told.dump()});
  const DriverInfo info = driver->info("");
  ASSERT_EQ(info.warnings.size(), 1U);
  EXPECT_THAT(info.warnings[0].text, HasSubstr("inside a VM (Docker Desktop, kernel 6.6.12-linuxkit"));
  EXPECT_FALSE(info.warnings[0].remedy.empty());
}

TEST_F(DockerDriverTest, ARootlessEngineIsNamed) {
  json told = json::parse(fixture("docker-20.10/info.json"));
  told["KernelVersion"] = "";  // the recording machine's
  daemon.answer("GET", "/info$", {.body = told.dump()});
  const DriverInfo root = driver->info("");
  EXPECT_TRUE(root.warnings.empty());
  EXPECT_FALSE(root.engine.contains("rootless")) << "nothing new in what older runs are compared with";
  told["SecurityOptions"] = {"name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"};
  daemon.answer("GET", "/info$", {.body = told.dump()});
  const DriverInfo info = driver->info("");
  EXPECT_EQ(info.engine.at("rootless"), Fact(true));
  ASSERT_EQ(info.warnings.size(), 1U);
  EXPECT_THAT(info.warnings[0].text, HasSubstr("rootlesskit"));
  EXPECT_THAT(info.warnings[0].remedy, HasSubstr("DOCKER_HOST"));
}

TEST_F(DockerDriverTest, MissingLimitsAreWarnedAbout) {
  json told = json::parse(fixture("docker-20.10/info.json"));
  told["KernelVersion"] = "";  // the recording machine's
  told["MemoryLimit"] = false;
  daemon.answer("GET", "/info$", {.body = told.dump()});
  const DriverInfo info = driver->info("");
  ASSERT_EQ(info.warnings.size(), 1U);
  EXPECT_THAT(info.warnings[0].text, HasSubstr("no memory limit"));
}

TEST_F(DockerDriverTest, ARootlessEngineWithoutLimitsIsNotBlamedOnTheKernel) {
  json told = json::parse(fixture("docker-26/info.json"));
  told["KernelVersion"] = "";  // the recording machine's
  told["MemoryLimit"] = told["CpuCfsQuota"] = false;
  told["SecurityOptions"] = {"name=seccomp,profile=builtin", "name=rootless"};
  daemon.answer("GET", "/info$", {.body = told.dump()});
  const DriverInfo info = driver->info("");
  ASSERT_EQ(info.warnings.size(), 3U);
  EXPECT_THAT(info.warnings[1].text, HasSubstr("rootless Docker was delegated no cgroups and has no memory"));
  EXPECT_THAT(info.warnings[1].remedy, HasSubstr("Delegate="));
}

TEST_F(DockerDriverTest, VariablesOfTheAppGoIntoTheRequestAndNowhereElse) {
  InstanceSpec given = spec;
  given.env = {{"MODE", "a=b \"c\""}, {"EMPTY", ""}};
  (void)driver->create(images, given, {});
  const DaemonRequest request = daemon.requests().back();
  EXPECT_EQ(json::parse(request.body)["Env"], json({"BENCH_NONCE=n0nce", "EMPTY=", "MODE=a=b \"c\""}));
  EXPECT_THAT(request.path, Not(HasSubstr("MODE")));
}

TEST_F(DockerDriverTest, CreateAsksForLimitsLabelsNonceAndALoopbackPort) {
  EXPECT_EQ(driver->create(images, spec, {}), "c1");
  const DaemonRequest request = daemon.requests().back();
  EXPECT_EQ(request.path, "/v1.41/containers/create?name=bench-run-1");
  const json body = json::parse(request.body);
  EXPECT_EQ(body["Image"], images.container.id);
  EXPECT_EQ(body["Env"], json({"BENCH_NONCE=n0nce"}));
  EXPECT_EQ(body["Tty"], false);
  EXPECT_EQ(body["Labels"], json({{"bench", "1"},
                                  {"bench.owner.run", "run-7"},
                                  {"bench.owner.pid", "4321"},
                                  {"bench.owner.pid_start", "99"}}));
  const json& host = body["HostConfig"];
  EXPECT_EQ(host["NanoCpus"], 2'000'000'000);
  EXPECT_EQ(host["Memory"], 512 << 20);
  EXPECT_EQ(host["MemorySwap"], host["Memory"]);
  EXPECT_EQ(host["Init"], false);
  EXPECT_EQ(host["PortBindings"]["4567/tcp"], json::parse(R"([{"HostIp":"127.0.0.1","HostPort":"0"}])"));
}

TEST_F(DockerDriverTest, ARefusedCreateSaysWhyAndTouchesNothing) {
  daemon.answer("POST", "/containers/create",
                {.status = 409, .body = R"({"message":"Conflict. The name is in use"})"});
  const Error error = failure([&] { driver->create(images, spec, {}); });
  EXPECT_EQ(error.code(), ErrorCode::kEngine);
  EXPECT_STREQ(error.what(), "POST /containers/create?name=bench-run-1: 409 Conflict. The name is in use");
  for (const auto& line : daemon.lines()) EXPECT_THAT(line, Not(HasSubstr("DELETE")));
}

TEST_F(DockerDriverTest, ACreateWhoseAnswerIsLostIsUndone) {
  daemon.answer("POST", "/containers/create", {.body = "{}", .cut_off_after = 0});
  daemon.answer(
      "GET", "/containers/bench-run-1/json$",
      {.body =
           R"({"Id":"c9","Config":{"Labels":{"bench":"1","bench.owner.run":"run-7","bench.owner.pid":"4321"}}})"});
  daemon.answer("DELETE", "/containers/c9", {.status = 204});
  EXPECT_EQ(failure([&] { driver->create(images, spec, {}); }).code(), ErrorCode::kEngine);
  EXPECT_THAT(daemon.lines(), Contains("DELETE /v1.41/containers/c9?force=1&v=1"));
}

TEST_F(DockerDriverTest, AForeignContainerOfThatNameIsLeftAlone) {
  daemon.answer("POST", "/containers/create", {.body = "{}", .cut_off_after = 0});
  // Another process may have this one's number after a restart, and a run's name may be given twice.
  for (const char* labels : {R"({"bench":"1"})", R"({"bench.owner.run":"run-7","bench.owner.pid":"1"})",
                             R"({"bench.owner.run":"run-6","bench.owner.pid":"4321"})"}) {
    daemon.answer("GET", "/containers/bench-run-1/json$",
                  {.body = fmt::format(R"({{"Id":"c9","Config":{{"Labels":{}}}}})", labels)});
    EXPECT_EQ(failure([&] { driver->create(images, spec, {}); }).code(), ErrorCode::kEngine);
    EXPECT_THAT(daemon.lines().back(), HasSubstr("GET /v1.41/containers/bench-run-1/json")) << labels;
    for (const auto& line : daemon.lines()) EXPECT_THAT(line, Not(HasSubstr("DELETE"))) << labels;
  }
}

TEST_F(DockerDriverTest, AFailedStartBringsTheRuntimesWords) {
  daemon.answer(
      "POST", "/start$",
      {.status = 400, .body = R"({"message":"OCI runtime create failed: exec: \"/nope\": no such file"})"});
  const Error error = failure([&] { driver->start("c1", {}); });
  EXPECT_STREQ(error.what(),
               "POST /containers/c1/start: 400 OCI runtime create failed: exec: \"/nope\": no such file");
}

TEST_F(DockerDriverTest, TheEndpointIsThePortThatTheEngineChose) {
  const Endpoint endpoint = driver->endpoint("c1");
  EXPECT_EQ(endpoint.host, "127.0.0.1");
  EXPECT_EQ(endpoint.port, 32768);
  EXPECT_TRUE(driver->state("c1").running);
}

TEST_F(DockerDriverTest, AContainerThatDiedHasNoEndpoint) {
  daemon.answer(
      "GET", "/containers/c2/json$",
      {.body = R"({"State":{"Status":"exited","Running":false,"ExitCode":137,"OOMKilled":true,"Error":""},
                        "NetworkSettings":{"Ports":{}}})"});
  const Error error = failure([&] { driver->endpoint("c2"); });
  EXPECT_EQ(error.code(), ErrorCode::kInstanceDied);
  EXPECT_THAT(error.what(), HasSubstr("OOM killed, exited (137)"));
  const InstanceState state = driver->state("c2");
  EXPECT_FALSE(state.running);
  EXPECT_EQ(state.exit_code, 137);
}

TEST_F(DockerDriverTest, AContainerThatCouldNotBeStartedSaysWhy) {
  daemon.answer(
      "GET", "/containers/c2/json$",
      {.body = R"({"State":{"Status":"created","Running":false,"ExitCode":128,"Error":"no such device"},
                        "NetworkSettings":{"Ports":{}}})"});
  const InstanceState state = driver->state("c2");
  EXPECT_FALSE(state.running);
  EXPECT_EQ(state.exit_code, 128);
  EXPECT_EQ(state.detail, "could not be started (128): no such device");
}

TEST_F(DockerDriverTest, AnAnswerOfAnotherShapeIsTheEnginesErrorWithARemedy) {
  // Each is what GET /containers/c2/json says: of an odd engine, or of one that broke.
  const std::vector<std::string> odd = {
      "[]",
      "{}",
      "null",
      R"({"State":{"Running":true},"NetworkSettings":7})",
      R"({"State":{"Running":true},"NetworkSettings":{"Ports":{"4567/tcp":[{"HostPort":""}]}}})",
      R"({"State":{"Running":true},"NetworkSettings":{"Ports":{"4567/tcp":[{"HostPort":"many"}]}}})",
      R"({"State":{"Running":true},"NetworkSettings":{"Ports":{"4567/tcp":[{"HostPort":"0"}]}}})",
      R"({"State":{"Running":true},"NetworkSettings":{"Ports":{"4567/tcp":[{"HostPort":"99999999999"}]}}})",
      R"({"State":{"Running":true},"NetworkSettings":{"Ports":{"4567/tcp":[{"HostPort":32768}]}}})",
      R"({"State":{"Running":true},"NetworkSettings":{"Ports":{"4567/tcp":["32768"]}}})",
      R"({"NetworkSettings":{"Ports":{"4567/tcp":[{"HostPort":"32768"}]}}})",
      R"({"State":{"Pid":"one"},"NetworkSettings":{"Ports":{"4567/tcp":[{"HostPort":"32768"}]}}})",
  };
  for (const std::string& body : odd) {
    daemon.answer("GET", "/containers/c2/json$", {.body = body});
    const Error error = failure([&] { driver->endpoint("c2"); });
    EXPECT_EQ(error.code(), ErrorCode::kEngine) << body;
    EXPECT_FALSE(error.remedy().empty()) << body;
  }
  for (const char* body : {"[]", "{}", R"({"State":{"Running":"yes"}})"}) {
    daemon.answer("GET", "/containers/c2/json$", {.body = body});
    EXPECT_EQ(failure([&] { (void)driver->state("c2"); }).code(), ErrorCode::kEngine) << body;
  }
  daemon.answer("GET", "/containers/c2/json$", {.body = "{}"});
  EXPECT_EQ(failure([&] { (void)driver->processes("c2"); }).code(), ErrorCode::kEngine);
  for (const char* body :
       {"[7]", "[{}]", R"([{"Id":"c1","Names":{"a":1}}])", R"([{"Id":"c1","Labels":7}])"}) {
    daemon.answer("GET", "/containers/json", {.body = body});
    EXPECT_EQ(failure([&] { (void)driver->owned(); }).code(), ErrorCode::kEngine) << body;
  }
  daemon.answer("GET", "/info$", {.body = "[]"});
  EXPECT_EQ(failure([&] { (void)driver->info(""); }).code(), ErrorCode::kEngine);
  daemon.answer("GET", "/images/.*/json$", {.body = R"({"Id":7,"RepoTags":[]})"});
  EXPECT_EQ(failure([&] { (void)driver->prepare(images, "", {}); }).code(), ErrorCode::kEngine);
  daemon.answer("POST", "/containers/create", {.status = 201, .body = R"({"Id":7})"});
  EXPECT_EQ(failure([&] { (void)driver->create(images, spec, {}); }).code(), ErrorCode::kEngine);
}

TEST_F(DockerDriverTest, RemovalIsIdempotentAndWaitsForOneInProgress) {
  EXPECT_NO_THROW(driver->remove("unknown")) << "404 is as good as removed";
  daemon.answer("DELETE", "/containers/c3",
                {.status = 409, .body = R"({"message":"removal of container c3 is already in progress"})"});
  int asked = 0;
  daemon.on("GET", "/containers/c3/json$", [&asked](const DaemonRequest&) {
    return ++asked < 3 ? DaemonReply{.body = "{}"} : DaemonReply{.status = 404};
  });
  EXPECT_NO_THROW(driver->remove("c3"));
  EXPECT_EQ(asked, 3);
  daemon.answer("DELETE", "/containers/c4", {.status = 500, .body = R"({"message":"device busy"})"});
  EXPECT_THAT(failure([&] { driver->remove("c4"); }).what(), HasSubstr("500 device busy"));
}

TEST_F(DockerDriverTest, StoppingWhatHasStoppedIsNoError) {
  daemon.answer("POST", "/containers/c1/stop", {.status = 304});
  EXPECT_NO_THROW(driver->stop("c1", Seconds(1.2)));
  EXPECT_THAT(daemon.lines(), Contains("POST /v1.41/containers/c1/stop?t=2"));
  EXPECT_NO_THROW(driver->stop("unknown", Seconds(0)));
  daemon.answer("POST", "/containers/c5/stop", {.status = 500, .body = R"({"message":"cannot kill"})"});
  EXPECT_THAT(failure([&] { driver->stop("c5", Seconds(0)); }).what(), HasSubstr("500 cannot kill"));
}

TEST_F(DockerDriverTest, ListsWhatCarriesOurLabel) {
  daemon.answer("GET", "/containers/json", {.body = fixture("docker-20.10/containers.json")});
  const auto owned = driver->owned();
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].name, "bench-x0");
  EXPECT_EQ(owned[0].owner.run_id, "run");
  EXPECT_EQ(owned[0].owner.pid_start, 5U);
  EXPECT_THAT(daemon.lines().back(), HasSubstr("filters=%7B%22label%22%3A%5B%22bench%3D1%22%5D%7D"));
}

TEST_F(DockerDriverTest, ADaemonThatIsKilledInMidRunIsNamed) {
  driver->info("");
  daemon.die();
  const Error error = failure([&] { driver->start("c1", {}); });
  EXPECT_EQ(error.code(), ErrorCode::kEngine);
  EXPECT_THAT(error.what(), HasSubstr("the Docker daemon at " + daemon.socket().string() + " went away"));
  EXPECT_FALSE(error.remedy().empty());
}

TEST_F(DockerDriverTest, ADaemonThatBreaksOffIsNamed) {
  daemon.answer("POST", "/start$", {.body = "{}", .cut_off_after = 5});
  EXPECT_THAT(failure([&] { driver->start("c1", {}); }).what(), HasSubstr("went away"));
}

TEST_F(DockerDriverTest, StartCanBeInterrupted) {
  driver->info("");
  daemon.answer("POST", "/start$", {.hang = true});
  std::stop_source source;
  std::jthread stopper([&] {
    usleep(50'000);
    source.request_stop();
  });
  EXPECT_EQ(failure([&] { driver->start("c1", source.get_token()); }).code(), ErrorCode::kInterrupted);
}

}  // namespace bench::test
