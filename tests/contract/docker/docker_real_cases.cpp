// The docker driver on whatever Docker runs here, else on a private daemon.

#include "bench/images/build/images.h"
#include "drivers/docker/docker.h"
#include "tests/contract/contract.h"

namespace bench::test {

namespace {

class DockerWorld : public ContractWorld {
 public:
  Driver& driver() override { return *driver_; }
  [[nodiscard]] const ImageSet& images() const override { return images_; }
  [[nodiscard]] Seconds ready_within() const override { return Seconds(30); }
  [[nodiscard]] std::vector<std::string> roles() const override { return {"app", "shim"}; }
  [[nodiscard]] std::vector<std::string> engine_roles() const override { return {"dockerd", "containerd"}; }
  void kill(const std::string& id) override { kill_host_processes(*driver_, id, "app"); }

 private:
  std::unique_ptr<Driver> driver_ = make_docker_driver({});
  ImageSet images_ = prepare_images({}, {});
};

const bool kRealDocker = register_contract_case({"docker", [] { return std::make_unique<DockerWorld>(); }});

}  // namespace

}  // namespace bench::test
