// The contract's drivers that need no engine: the fake, and the docker driver on a fake daemon.

#include "bench/config.h"
#if BENCH_HAVE_DOCKER
#include "drivers/docker/docker.h"
#endif
#include "tests/contract/contract.h"
#include "tests/support/fake_docker.h"
#include "tests/support/fake_driver.h"

namespace bench::test {

namespace {

class FakeWorld : public ContractWorld {
 public:
  Driver& driver() override { return driver_; }
  [[nodiscard]] const ImageSet& images() const override { return images_; }
  void kill(const std::string& id) override { driver_.kill(id); }

 private:
  FakeDriver driver_;
  ImageSet images_;
};

const bool kFake = register_contract_case({"fake", [] { return std::make_unique<FakeWorld>(); }});

#if BENCH_HAVE_DOCKER
class FakeDaemonWorld : public ContractWorld {
 public:
  FakeDaemonWorld() {
    images_.container.archive = __FILE__;  // any file: it is sent and not understood
    images_.container.id = docker_.image_id;
    images_.container.reference = "bench/backend:1";
  }
  Driver& driver() override { return *driver_; }
  [[nodiscard]] const ImageSet& images() const override { return images_; }
  [[nodiscard]] std::vector<std::string> roles() const override { return {}; }  // no process is behind it
  void kill(const std::string& id) override { docker_.kill(id); }

 private:
  FakeDocker docker_;
  std::unique_ptr<Driver> driver_ = make_docker_driver_at(docker_.daemon.socket());
  ImageSet images_;
};

const bool kDocker =
    register_contract_case({"docker_on_a_fake_daemon", [] { return std::make_unique<FakeDaemonWorld>(); }});
#endif

}  // namespace

}  // namespace bench::test
