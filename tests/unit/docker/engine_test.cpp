// The engine's parts that need no driver: which daemon, which API version, frames, processes.
#include "drivers/docker/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "bench/base/error.h"
#include "drivers/docker/console.h"
#include "drivers/docker/docker.h"
#include "drivers/docker/processes.h"
#include "tests/support/fake_daemon.h"

namespace bench::test {

using testing::HasSubstr;

TEST(DockerHost, OnlyUnixSocketsAreSupported) {
  setenv("DOCKER_HOST", "tcp://192.0.2.1:2375", 1);
  const auto driver = make_docker_driver({});
  try {
    driver->info("");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("DOCKER_HOST is tcp://192.0.2.1:2375: only unix sockets"));
    EXPECT_THAT(error.remedy(), HasSubstr("unset DOCKER_HOST"));
  }
  unsetenv("DOCKER_HOST");
}

TEST(DockerHost, ASocketThatIsNamedIsUsedAndNothingElse) {
  FakeDaemon daemon;
  daemon.answer("GET", "^/version$", {.body = fixture("docker-20.10/version.json")});
  daemon.answer("GET", "/containers/json", {.body = "[]"});
  setenv("DOCKER_HOST", ("unix://" + daemon.socket().string()).c_str(), 1);
  EXPECT_TRUE(make_docker_driver({})->owned().empty());
  daemon.die();
  try {
    make_docker_driver({})->owned();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("no Docker daemon answers at " + daemon.socket().string()));
    EXPECT_FALSE(error.remedy().empty());
  }
  unsetenv("DOCKER_HOST");
}

TEST(DockerApi, IsTheNewestThatBothSpeak) {
  EXPECT_EQ(negotiate_api("1.41", "1.12"), "1.41");  // Docker 20.10
  EXPECT_EQ(negotiate_api("1.52", "1.44"), "1.47");  // Docker 29
  EXPECT_EQ(negotiate_api("1.60", "1.50"), "1.50");
  EXPECT_EQ(negotiate_api("1.41", ""), "1.41");
  EXPECT_THROW(negotiate_api("1.20", "1.12"), Error);
  EXPECT_THROW(negotiate_api("nonsense", ""), Error);
}

TEST(DockerApi, WhatIsNoDockerIsNamed) {
  FakeDaemon daemon;
  daemon.answer("GET", "^/version$", {.body = "<html>hello</html>"});
  try {
    const DockerEngine engine(daemon.socket());
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("no Docker daemon"));
    EXPECT_FALSE(error.remedy().empty());
  }
}

TEST(FrameDemux, TakesFramesInAnyPieces) {
  const std::string bytes = docker_frame(1, "one\n") + docker_frame(2, "") + docker_frame(2, "two\n") +
                            docker_frame(1, std::string(300, 'z'));
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 8U, 9U, 13U, 1000U}) {
    std::string out;
    FrameDemux demux([&](std::string_view text) { out += text; });
    for (std::size_t i = 0; i < bytes.size(); i += piece) demux.feed(bytes.substr(i, piece));
    EXPECT_EQ(out, "one\ntwo\n" + std::string(300, 'z')) << piece;
  }
}

TEST(FrameDemux, PassesOnWhatHasNoFrames) {
  for (const std::size_t piece : {1U, 100U}) {
    const std::string bytes = "plain text from a terminal\n";
    std::string out;
    FrameDemux demux([&](std::string_view text) { out += text; });
    for (std::size_t i = 0; i < bytes.size(); i += piece) demux.feed(bytes.substr(i, piece));
    EXPECT_EQ(out, bytes);
  }
}

TEST(DockerProcesses, APidThatIsNotTheContainersIsNotCounted) {
  EXPECT_TRUE(container_processes(getpid(), "c0ffee", 0).empty());
  EXPECT_TRUE(container_processes(0, "c0ffee", 0).empty());
}

TEST(DockerProcesses, ARootlessDaemonsPortsAreCarriedByWhatIsAboveIt) {
  std::map<pid_t, LivingProcess> table{
      {1, {0, "systemd"}},        {50, {1, "systemd"}},        {100, {50, "rootlesskit"}},
      {101, {100, "exe"}},        {102, {100, "slirp4netns"}}, {103, {101, "dockerd"}},
      {104, {103, "containerd"}}, {105, {1, "slirp4netns"}},   {106, {50, "rootlesskit"}}};
  std::map<pid_t, std::string> roles;
  for (const HostProcess& process : rootless_processes(table, 103)) roles[process.pid] = process.role;
  EXPECT_EQ(roles, (std::map<pid_t, std::string>{{100, "proxy"}, {101, "proxy"}, {102, "proxy"}}));
  table[101].parent = 50;  // root's daemon, whoever started it
  EXPECT_TRUE(rootless_processes(table, 103).empty());
  EXPECT_TRUE(rootless_processes(table, 999).empty());
  table[50].parent = 50;
  EXPECT_TRUE(rootless_processes(table, 103).empty()) << "and it comes to an end";
}

TEST(DockerProcesses, TheDaemonIsWhoListens) {
  const FakeDaemon daemon;
  const auto processes = daemon_processes(daemon.socket());
  ASSERT_EQ(processes.size(), 1U);
  EXPECT_EQ(processes[0].pid, getpid());
  EXPECT_TRUE(daemon_processes("/tmp/bench-there-is-no-such.sock").empty());
}

}  // namespace bench::test
