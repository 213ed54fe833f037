// libvirt's in-memory driver: it defines and lists domains, but runs nothing.

#include <stdexcept>

#include "drivers/libvirt/libvirt.h"
#include "tests/contract/contract.h"

namespace bench::test {

namespace {

class LibvirtTestWorld : public ContractWorld {
 public:
  LibvirtTestWorld() {
    DriverOptions options;
    options.connect = "test:///default";
    driver_ = make_libvirt_driver(options);
    images_.key = "contract";
    VmImage& image = images_.disks[Artefact::kDirectDisk];
    image.kernel = "/proc/self/exe";  // any file that exists: it is never booted
    image.cmdline = "console=ttyS0";
  }
  Driver& driver() override { return *driver_; }
  [[nodiscard]] const ImageSet& images() const override { return images_; }
  [[nodiscard]] std::string profile() const override { return "direct"; }
  void kill(const std::string&) override { throw std::logic_error("nothing runs here"); }

 private:
  std::unique_ptr<Driver> driver_;
  ImageSet images_;
};

const bool kLibvirtTest = register_contract_case(
    {"libvirt_test_driver", [] { return std::make_unique<LibvirtTestWorld>(); }, /*serves=*/false});

}  // namespace

}  // namespace bench::test
