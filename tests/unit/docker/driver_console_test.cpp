#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <mutex>
#include <string>

#include "tests/unit/docker/driver_fixture.h"

namespace bench::test {

namespace {

using testing::HasSubstr;

class Collector : public ConsoleSink {
 public:
  void bytes(std::string_view chunk) override {
    const std::lock_guard lock(mutex);
    text += chunk;
  }
  void closed() override {
    const std::lock_guard lock(mutex);
    ++closes;
  }
  int times_closed() {
    const std::lock_guard lock(mutex);
    return closes;
  }
  bool await_closed() {
    for (int i = 0; i < 500 && times_closed() == 0; ++i) usleep(10'000);
    return times_closed() > 0;
  }
  std::mutex mutex;
  std::string text;
  int closes = 0;
};

}  // namespace

TEST_F(DockerDriverTest, TheConsoleArrivesWithoutItsFrames) {
  daemon.answer("POST", "/attach",
                {.type = "application/vnd.docker.raw-stream", .stream = [](const StreamWriter& write) {
                   const std::string bytes = docker_frame(1, "@bench runtime\n") +
                                             docker_frame(2, "warning\n") +
                                             docker_frame(1, std::string(70'000, 'x')) + docker_frame(1, "");
                   for (std::size_t i = 0; i < bytes.size(); i += 4099) write(bytes.substr(i, 4099));
                 }});
  const auto sink = std::make_shared<Collector>();
  driver->console("c1", sink);
  ASSERT_TRUE(sink->await_closed());
  EXPECT_EQ(sink->text, "@bench runtime\nwarning\n" + std::string(70'000, 'x'));
  driver->remove("c1");
  EXPECT_EQ(sink->times_closed(), 1);
}

TEST_F(DockerDriverTest, WhatADeadContainerSaidIsTakenFromItsLog) {
  daemon.answer("POST", "/attach", {.stream = [](const StreamWriter&) {}});
  daemon.answer("GET", "/logs", {.body = docker_frame(2, "ModuleNotFoundError: no flask\n")});
  const auto sink = std::make_shared<Collector>();
  driver->console("c1", sink);
  ASSERT_TRUE(sink->await_closed());
  EXPECT_EQ(sink->text, "ModuleNotFoundError: no flask\n");
}

TEST_F(DockerDriverTest, AConsoleThatCannotBeOpenedIsAnError) {
  daemon.answer("POST", "/attach", {.status = 404, .body = R"({"message":"No such container: c1"})"});
  const auto sink = std::make_shared<Collector>();
  EXPECT_THAT(failure([&] { driver->console("c1", sink); }).what(), HasSubstr("404 No such container: c1"));
  EXPECT_EQ(sink->times_closed(), 0);
}

TEST_F(DockerDriverTest, ADriverThatGoesCutsItsConsoles) {
  daemon.answer("POST", "/attach", {.stream = [](const StreamWriter& write) {
                  while (write({})) usleep(2'000);
                }});
  const auto sink = std::make_shared<Collector>();
  driver->console("c1", sink);
  driver.reset();
  EXPECT_EQ(sink->times_closed(), 1);
}

}  // namespace bench::test
