#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "bench/base/error.h"
#include "drivers/docker/docker.h"
#include "tests/support/fake_daemon.h"

namespace bench::test {

/// A daemon with the recorded answers of 20.10, and a driver on it.
class DockerDriverTest : public testing::Test {
 protected:
  DockerDriverTest() {
    daemon.answer("GET", "^/version$", {.body = fixture("docker-20.10/version.json")});
    daemon.answer("GET", "/info$", {.body = fixture("docker-20.10/info.json")});
    daemon.answer("GET", "/images/.*/json$", {.body = fixture("docker-20.10/image.json")});
    daemon.answer("POST", "/containers/create", {.status = 201, .body = R"({"Id":"c1","Warnings":[]})"});
    daemon.answer("GET", "/containers/c1/json$", {.body = fixture("docker-20.10/container_running.json")});
    images.container.id = "sha256:d8e15bba8f7a30a30fee35b9a5a0e67a142adf7b059c3cffb87072f45df540f7";
    images.container.reference = "bench/tiny:d8e15bba8f7a";
    images.container.archive = __FILE__;
    images.container.layers = {
        {"base", "sha256:a272a845e249ed2f165749a50bef7b187a90018cc65d527dcae91c94e8f6c60d", 1}};
    spec.name = "bench-run-1";
    spec.owner = {"run-7", 4321, 99};
    spec.nonce = "n0nce";
    spec.cpus = 2;
    spec.memory_bytes = 512 << 20;
  }

  template <typename Work>
  Error failure(Work work) {
    try {
      work();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorCode::kUsage, ""};
  }

  FakeDaemon daemon;
  std::unique_ptr<Driver> driver = make_docker_driver_at(daemon.socket());
  ImageSet images;
  InstanceSpec spec;
};

}  // namespace bench::test
