#include "drivers/docker/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "bench/base/error.h"
#include "drivers/docker/docker.h"
#include "tests/support/directory.h"
#include "tests/support/fake_daemon.h"

namespace bench::test {

namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// The variables that say where a daemon is, as they were afterwards.
class Environment {
 public:
  Environment() {
    for (const char* name : {"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "HOME"}) {
      if (const char* value = std::getenv(name)) before_[name] = value;
      if (std::string(name) != "HOME") unsetenv(name);
    }
  }
  ~Environment() {
    for (const char* name : {"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "HOME"}) {
      if (const auto found = before_.find(name); found != before_.end()) {
        setenv(name, found->second.c_str(), 1);
      } else {
        unsetenv(name);
      }
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static void set(const char* name, const fs::path& value) { setenv(name, value.c_str(), 1); }

 private:
  std::map<std::string, std::string> before_;
};

class DockerPlaces : public testing::Test {
 protected:
  DockerPlaces() {
    Environment::set("HOME", home.path() / "user");
    Environment::set("XDG_RUNTIME_DIR", home.path() / "run");
  }

  void context(const std::string& name, const std::string& host) const {
    const fs::path dir = home.path() / "user/.docker/contexts/meta" / ("hash-of-" + name);
    fs::create_directories(dir);
    std::ofstream(dir / "meta.json") << R"({"Name":")" << name
                                     << R"(","Metadata":{},"Endpoints":{"docker":{"Host":")" << host
                                     << R"(","SkipTLSVerify":false}}})";
  }
  void use(const std::string& name) const {
    fs::create_directories(home.path() / "user/.docker");
    std::ofstream(home.path() / "user/.docker/config.json") << R"({"currentContext":")" << name << R"("})";
  }
  static std::vector<std::string> sockets() {
    std::vector<std::string> result;
    for (const DockerPlace& place : docker_places()) result.push_back(place.socket.string());
    return result;
  }
  static Error refusal(const std::vector<DockerPlace>& places) {
    try {
      (void)first_docker(places);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "a daemon answered";
    return {ErrorCode::kUsage, ""};
  }

  Environment environment;
  Directory home;
};

TEST_F(DockerPlaces, AreTheSystemsAndThoseOfARootlessDaemon) {
  const auto found = sockets();
  EXPECT_EQ(found.front(), "/var/run/docker.sock");
  EXPECT_THAT(found, testing::Contains((home.path() / "run/docker.sock").string()));
  EXPECT_EQ(found.back(), (home.path() / "user/.docker/run/docker.sock").string());
}

TEST_F(DockerPlaces, TheActiveContextComesFirst) {
  context("other", "unix:///srv/other.sock");
  context("work", "unix:///srv/work.sock");
  use("work");
  EXPECT_EQ(sockets().front(), "/srv/work.sock");
  EXPECT_GT(sockets().size(), 2U) << "its silence is no reason to look nowhere else";
  use("default");
  EXPECT_EQ(sockets().front(), "/var/run/docker.sock");
  use("gone");
  EXPECT_EQ(sockets().front(), "/var/run/docker.sock");
}

TEST_F(DockerPlaces, AVariableNamesTheOnlyOne) {
  context("work", "unix:///srv/work.sock");
  context("other", "unix:///srv/other.sock");
  use("work");
  EXPECT_FALSE(docker_is_named());
  Environment::set("DOCKER_CONTEXT", "other");
  EXPECT_EQ(sockets(), std::vector<std::string>{"/srv/other.sock"});
  EXPECT_TRUE(docker_is_named());
  Environment::set("DOCKER_HOST", "unix:///srv/host.sock");
  EXPECT_EQ(sockets(), std::vector<std::string>{"/srv/host.sock"});
  unsetenv("DOCKER_HOST");
  Environment::set("DOCKER_CONTEXT", "gone");
  EXPECT_THROW(docker_places(), Error);
}

TEST_F(DockerPlaces, AnotherDirectoryOfItsConfigurationIsRead) {
  context("work", "unix:///srv/work.sock");
  use("work");
  fs::rename(home.path() / "user/.docker", home.path() / "elsewhere");
  EXPECT_EQ(sockets().front(), "/var/run/docker.sock");
  Environment::set("DOCKER_CONFIG", home.path() / "elsewhere");
  EXPECT_EQ(sockets().front(), "/srv/work.sock");
}

TEST_F(DockerPlaces, FilesThatMakeNoSenseAreNoPlaces) {
  fs::create_directories(home.path() / "user/.docker/contexts/meta/empty");
  for (const char* text : {"", "[]", "{\"currentContext\":7}", "{\"currentContext\":\"work\"", "null"}) {
    std::ofstream(home.path() / "user/.docker/config.json") << text;
    EXPECT_EQ(sockets().front(), "/var/run/docker.sock") << text;
  }
  use("work");
  const fs::path meta = home.path() / "user/.docker/contexts/meta/empty/meta.json";
  for (const char* text : {"", "{\"Name\":\"work\"}", "{\"Name\":\"work\",\"Endpoints\":[]}",
                           "{\"Name\":\"work\",\"Endpoints\":{\"docker\":{\"Host\":5}}}"}) {
    std::ofstream(meta) << text;
    EXPECT_NO_THROW((void)docker_places()) << text;
  }
}

TEST_F(DockerPlaces, TheFirstThatAnswersIsUsed) {
  FakeDaemon daemon;
  daemon.answer("GET", "^/version$", {.body = fixture("docker-20.10/version.json")});
  const std::vector<DockerPlace> places{{"the context \"far\"", "ssh://far", {}, false},
                                        {"", "unix:///nonexistent/a.sock", "/nonexistent/a.sock", false},
                                        {"", "unix://" + daemon.socket().string(), daemon.socket(), false}};
  EXPECT_EQ(first_docker(places)->socket(), daemon.socket());
  daemon.die();
  const Error error = refusal(places);
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("ssh://far (the context \"far\")"),
                                  HasSubstr("/nonexistent/a.sock"), HasSubstr(daemon.socket().string())));
  EXPECT_THAT(error.remedy(), HasSubstr("DOCKER_HOST"));
}

TEST_F(DockerPlaces, AContextOnAnotherMachineThatWasAskedForIsRefused) {
  context("far", "ssh://somebody@far");
  Environment::set("DOCKER_CONTEXT", "far");
  const Error error = refusal(docker_places());
  EXPECT_THAT(error.what(), AllOf(HasSubstr("ssh://somebody@far"), HasSubstr("only unix sockets")));
}

// By its context, which comes before the socket of a machine's own daemon.
TEST_F(DockerPlaces, ARootlessDaemonIsFoundByTheDriver) {
  FakeDaemon daemon;
  daemon.answer("GET", "^/version$", {.body = fixture("docker-20.10/version.json")});
  daemon.answer("GET", "/containers/json", {.body = "[]"});
  context("rootless", "unix://" + daemon.socket().string());
  use("rootless");
  DriverOptions options;
  options.start_private = false;
  EXPECT_TRUE(make_docker_driver(options)->owned().empty());
  EXPECT_FALSE(daemon.requests().empty());
}

}  // namespace

}  // namespace bench::test
