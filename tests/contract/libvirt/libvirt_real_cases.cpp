// The libvirt driver on QEMU, with the acceleration that works here.

#include <sys/resource.h>

#include "bench/images/build/images.h"
#include "drivers/libvirt/libvirt.h"
#include "tests/contract/contract.h"

namespace bench::test {

namespace {

class LibvirtWorld : public ContractWorld {
 public:
  LibvirtWorld() {
    // What sudo and logins set; root in a container may not raise it again.
    const rlimit no_core_dump{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core_dump);
    ImageRequest request;
    request.artefacts = {Artefact::kDirectDisk};
    images_ = prepare_images(request, {});
  }
  Driver& driver() override { return *driver_; }
  [[nodiscard]] const ImageSet& images() const override { return images_; }
  [[nodiscard]] std::string profile() const override { return "direct"; }
  [[nodiscard]] Seconds ready_within() const override { return Seconds(120); }  // emulated, two side by side
  [[nodiscard]] std::vector<std::string> roles() const override { return {"vmm"}; }
  void kill(const std::string& id) override { kill_host_processes(*driver_, id, "vmm"); }

 private:
  std::unique_ptr<Driver> driver_ = make_libvirt_driver({});
  ImageSet images_;
};

const bool kLibvirt =
    register_contract_case({"libvirt_direct", [] { return std::make_unique<LibvirtWorld>(); }});

}  // namespace

}  // namespace bench::test
