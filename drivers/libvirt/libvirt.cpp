#include "drivers/libvirt/libvirt.h"

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/base/subprocess.h"
#include "bench/core/process_role.h"
#include "drivers/libvirt/accel.h"
#include "drivers/libvirt/connection.h"
#include "drivers/libvirt/daemon/embed.h"
#include "drivers/libvirt/domain/domain_xml.h"
#include "drivers/libvirt/domain/firmware.h"
#include "drivers/libvirt/domain/registry.h"
#include "drivers/libvirt/guest.h"
#include "drivers/libvirt/image_figures.h"
#include "drivers/libvirt/network.h"
#include "drivers/libvirt/targets.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

std::string version_text(unsigned long version) {
  return fmt::format("{}.{}.{}", version / 1000000, version / 1000 % 1000, version % 1000);
}

void require_file(const fs::path& path, const char* what) {
  if (!path.empty() && !fs::exists(path)) {
    throw Error(ErrorCode::kUnavailable, fmt::format("the VM's {} {} is missing", what, path.string()),
                "build the images again: bench prepare");
  }
}

class LibvirtDriver final : public Driver {
 public:
  explicit LibvirtDriver(DriverOptions options) : options_(std::move(options)) {
    options_.accel = parameter(options_.parameters, "accel", options_.accel);
    machine_ = parameter(options_.parameters, "machine", machine_);
    if (const auto& accel = options_.accel; !from_text<AccelerationWish>(accel)) {
      throw Error(ErrorCode::kUsage, fmt::format("--accel {}: not known", accel),
                  "use one of: " + all_words<AccelerationWish>());
    }
  }

  ~LibvirtDriver() override;
  LibvirtDriver(const LibvirtDriver&) = delete;
  LibvirtDriver& operator=(const LibvirtDriver&) = delete;

  DriverInfo info(const std::string& profile) override;
  Facts prepare(const ImageSet& images, const std::string& profile, std::stop_token stop) override;
  std::vector<ImageFigure> image_figures(const ImageSet& images, const std::string& profile,
                                         std::stop_token stop) override;
  std::string create(const ImageSet& images, const InstanceSpec& spec, std::stop_token stop) override;
  void console(const std::string& id, std::shared_ptr<ConsoleSink> sink) override {
    guest(id)->guest.set_console(std::move(sink));
  }
  void start(const std::string& id, std::stop_token stop) override { guest(id)->guest.start(stop); }
  Endpoint endpoint(const std::string& id) override { return {"127.0.0.1", guest(id)->guest.port()}; }
  InstanceState state(const std::string& id) override { return guest(id)->guest.state(); }
  std::vector<HostProcess> processes(const std::string& id) override;
  std::vector<HostProcess> engine_processes() override;
  [[nodiscard]] bool engine_in_process() const override {
    const std::lock_guard lock(mutex_);
    return connection_ && connection_->embedded();
  }
  void stop(const std::string& id, Seconds grace) override;
  void remove(const std::string& id) override;
  std::vector<OwnedInstance> owned() override;

 private:
  struct Entry {
    Entry(std::shared_ptr<LibvirtConnection> connection, DomainSpec spec, const VmImage& image,
          std::stop_token stop)
        : hears_power_button(image.hears_power_button),
          guest(std::move(connection), std::move(spec), image, stop) {}
    bool hears_power_button;
    Guest guest;
  };

  std::shared_ptr<LibvirtConnection> connection();
  std::shared_ptr<LibvirtConnection> connection_for_leftovers();
  std::shared_ptr<Entry> guest(const std::string& id);
  GuestAcceleration acceleration(const std::shared_ptr<LibvirtConnection>& connection, const ImageSet& images,
                                 const std::string& profile, std::stop_token stop);
  void remove_leftover(const std::string& id);
  /// Before an image is prepared for it: what the distribution's images of that profile do.
  bool polite(const std::string& profile);
  GuestNetwork network();

  DriverOptions options_;
  std::string machine_ = "q35";  ///< what virt-install takes for a Linux guest
  mutable std::mutex mutex_;
  std::shared_ptr<LibvirtConnection> connection_;
  std::string pinned_;  ///< the URI of the first connection: one run never changes its engine
  std::optional<GuestAcceleration> acceleration_;
  std::map<std::string, bool>
      polite_;  ///< by profile: whether the image prepared for it hears the power button
  std::optional<GuestNetwork> network_;
  std::map<std::string, std::shared_ptr<Entry>> guests_;
};

/// Its owner has removed every guest by now, unless something went badly wrong: nothing may outlive us.
LibvirtDriver::~LibvirtDriver() {
  for (const auto& [id, entry] : guests_) {
    try {
      entry->guest.remove();
    } catch (const std::exception&) {
      // Its record stays, for `bench clean`.
    }
  }
}

std::shared_ptr<LibvirtConnection> LibvirtDriver::connection() {
  const std::lock_guard lock(mutex_);
  if (connection_ && !connection_->alive()) {
    connection_.reset();  // its daemon went away, and may be there again
  }
  if (!connection_) {
    connection_ = pinned_.empty() ? LibvirtConnection::open(options_) : LibvirtConnection::reopen(pinned_);
    if (!connection_->embedded() && !connection_->mock()) {
      pinned_ = connection_->uri();
    }
  }
  return connection_;
}

std::shared_ptr<LibvirtDriver::Entry> LibvirtDriver::guest(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = guests_.find(id);
  if (found == guests_.end()) {
    throw Error(ErrorCode::kEngine, fmt::format("there is no VM {}", id));
  }
  return found->second;
}

DriverInfo LibvirtDriver::info(const std::string& profile) {
  const auto libvirt = connection();
  DriverInfo info;
  info.traits = libvirt_traits(Acceleration::kTcg, polite(profile));
  info.engine_name = "libvirt";
  unsigned long version = 0;
  if (virConnectGetLibVersion(libvirt->get(), &version) == 0) {
    info.engine_version = version_text(version);
  }
  info.engine["uri"] = libvirt->embedded() ? std::string("qemu:///embed") : libvirt->uri();
  info.engine["connection"] = std::string(libvirt->embedded() ? "embedded in bench"
                                          : libvirt->mock()   ? "in-memory"
                                                              : "daemon");
  info.engine["profile"] = profile;
  info.warnings = libvirt->warnings();
  if (libvirt->mock()) {
    info.acceleration = Acceleration::kTcg;  // nothing runs at all, and surely not at hardware speed
    return info;
  }
  char* capabilities =
      virConnectGetDomainCapabilities(libvirt->get(), nullptr, "x86_64", machine_.c_str(), "qemu", 0);
  if (capabilities == nullptr) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("libvirt finds no QEMU for x86-64 guests: {}", virGetLastErrorMessage()),
                "install it (Debian, Ubuntu: apt-get install qemu-system-x86)");
  }
  const std::string told = capabilities;
  std::free(capabilities);
  require_offered(network(), told);
  if (virConnectGetVersion(libvirt->get(), &version) == 0) {
    info.engine["qemu"] = version_text(version);
  }
  info.engine["machine"] = machine_;
  info.engine["network"] = network_text(network());
  info.engine["disk_cache"] = std::string("writeback");
  std::optional<GuestAcceleration> known;
  {
    const std::lock_guard lock(mutex_);
    known = acceleration_;
  }
  const AccelerationVerdict verdict = known ? known->verdict : acceleration_verdict(options_);
  info.acceleration = verdict.acceleration;
  info.traits = libvirt_traits(verdict.acceleration, polite(profile));
  info.engine["acceleration_proven"] = verdict.proven;
  info.engine["acceleration_proof"] = verdict.how;
  if (known) {
    info.engine["cpu_mode"] = known->cpu.mode == "custom" ? known->cpu.model : known->cpu.mode;
  }
  if (const auto warning = acceleration_warning(verdict)) {
    info.warnings.push_back(*warning);
  }
  return info;
}

bool LibvirtDriver::polite(const std::string& profile) {
  const std::lock_guard lock(mutex_);
  const auto known = polite_.find(profile);
  return known != polite_.end() ? known->second : libvirt_artefact(profile) == Artefact::kFullDisk;
}

/// Asked once: one run never changes its network.
GuestNetwork LibvirtDriver::network() {
  const std::lock_guard lock(mutex_);
  if (!network_) {
    network_ = choose_network().network;
  }
  return *network_;
}

GuestAcceleration LibvirtDriver::acceleration(const std::shared_ptr<LibvirtConnection>& connection,
                                              const ImageSet& images, const std::string& profile,
                                              std::stop_token stop) {
  {
    const std::lock_guard lock(mutex_);
    if (acceleration_) {
      return *acceleration_;
    }
  }
  GuestAcceleration found;
  if (!connection->mock()) {
    found = find_acceleration(connection, options_, images, libvirt_artefact(profile), stop);
  }
  const std::lock_guard lock(mutex_);
  acceleration_ = found;
  return found;
}

Facts LibvirtDriver::prepare(const ImageSet& images, const std::string& profile, std::stop_token stop) {
  const VmImage& image = libvirt_image(images, profile);
  require_file(image.disk, "disk");
  require_file(image.kernel, "kernel");
  require_file(image.initrd, "initramfs");
  const auto libvirt = connection();
  Facts facts;
  facts["key"] = images.key;
  facts["format"] = std::string("qcow2");
  facts["boot"] = std::string(image.uefi() ? "UEFI firmware and boot loader" : "direct kernel");
  if (!image.disk.empty()) {
    facts["disk"] = image.disk.string();
    facts["disk_bytes"] = static_cast<std::int64_t>(fs::file_size(image.disk));
  }
  if (image.uefi() && !libvirt->mock()) {
    facts["firmware"] = find_firmware(machine_).code.string();
  } else {
    facts["cmdline"] = image.cmdline;
  }
  if (!have_program("qemu-img")) {
    throw Error(ErrorCode::kUnavailable, "qemu-img is not installed",
                "install it (Debian, Ubuntu: apt-get install qemu-utils)");
  }
  const GuestAcceleration accelerated = acceleration(libvirt, images, profile, stop);
  if (!image.kernel_release.empty()) facts["kernel"] = image.kernel_release;
  for (const std::string& feature : features_left_out(*libvirt, image, accelerated.domain_type())) {
    facts["cpu_without_" + feature] = true;
  }
  const std::lock_guard lock(mutex_);
  polite_[profile] = image.hears_power_button;
  return facts;
}

std::vector<ImageFigure> LibvirtDriver::image_figures(const ImageSet& images, const std::string& profile,
                                                      std::stop_token stop) {
  return libvirt_image_figures(*connection(), libvirt_image(images, profile), stop);
}

std::string LibvirtDriver::create(const ImageSet& images, const InstanceSpec& spec, std::stop_token stop) {
  const VmImage& image = libvirt_image(images, spec.profile);
  const auto libvirt = connection();
  const GuestAcceleration accelerated = acceleration(libvirt, images, spec.profile, stop);
  DomainSpec domain;
  domain.type = libvirt->mock() ? "test" : accelerated.domain_type();
  domain.name = spec.name;
  domain.title = "bench: " + spec.profile;
  domain.description =
      fmt::format("One trial of the benchmark run {}; removed by itself.", spec.owner.run_id);
  domain.owner = spec.owner;
  domain.nonce = spec.nonce;
  domain.cpus = spec.cpus;
  domain.memory_bytes = spec.memory_bytes;
  domain.env = spec.env;
  domain.cpu = accelerated.cpu;
  domain.machine = machine_;
  if (!spec.limits.empty()) domain.cmdline = " bench.limits=" + spec.limits;
  domain.guest_port = static_cast<std::uint16_t>(images.port);
  domain.network = libvirt->mock() ? GuestNetwork::kSlirp : network();
  {
    const std::lock_guard lock(mutex_);
    if (guests_.contains(spec.name)) {
      throw Error(ErrorCode::kEngine, fmt::format("there is a VM {} already", spec.name));
    }
  }
  auto entry = std::make_shared<Entry>(libvirt, std::move(domain), image, stop);
  const std::lock_guard lock(mutex_);
  guests_.emplace(spec.name, std::move(entry));
  return spec.name;
}

std::vector<HostProcess> LibvirtDriver::processes(const std::string& id) {
  const auto entry = guest(id);
  std::vector<HostProcess> found;
  if (const auto pid = entry->guest.pid()) found.push_back({*pid, role::kVmm});
  if (const auto passt = entry->guest.forwarder()) found.push_back({*passt, role::kProxy});
  return found;
}

std::vector<HostProcess> LibvirtDriver::engine_processes() {
  const auto pid = connection()->daemon_pid();
  return pid ? std::vector<HostProcess>{{*pid, "libvirtd"}} : std::vector<HostProcess>{};
}

void LibvirtDriver::stop(const std::string& id, Seconds grace) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = guests_.find(id);
    if (found == guests_.end()) {
      return;
    }
    entry = found->second;
  }
  if (entry->hears_power_button && grace > Seconds(0) && entry->guest.power_button(grace)) {
    return;
  }
  entry->guest.destroy();
}

void LibvirtDriver::remove(const std::string& id) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = guests_.find(id); found != guests_.end()) {
      entry = found->second;
    }
  }
  if (!entry) {
    remove_leftover(id);
    return;
  }
  entry->guest.remove();
  const std::lock_guard lock(mutex_);
  guests_.erase(id);
}

/// An embedded driver of our own knows nothing about others' guests, so it is not opened for them.
std::shared_ptr<LibvirtConnection> LibvirtDriver::connection_for_leftovers() {
  {
    const std::lock_guard lock(mutex_);
    if (connection_) {
      return connection_;
    }
  }
  DriverOptions options = options_;
  options.start_private = false;
  try {
    return LibvirtConnection::open(options);
  } catch (const Error&) {
    return nullptr;  // no daemon: records and processes tell the rest
  }
}

void LibvirtDriver::remove_leftover(const std::string& id) {
  remove_guest_left_behind(connection_for_leftovers().get(), id);
}

std::vector<OwnedInstance> LibvirtDriver::owned() {
  std::vector<OwnedInstance> found = recorded_instances();
  // Who names a state directory has a world of their own, and so does everybody else.
  const bool own_world = std::getenv("BENCH_STATE_DIR") != nullptr;
  for (const OwnedInstance& guest : own_world ? std::vector<OwnedInstance>{} : orphaned_guests()) {
    if (std::none_of(found.begin(), found.end(), [&](const auto& o) { return o.id == guest.id; })) {
      found.push_back(guest);
    }
  }
  const auto libvirt = connection_for_leftovers();
  for (OwnedInstance& guest : libvirt ? libvirt->labelled() : std::vector<OwnedInstance>{}) {
    if (std::none_of(found.begin(), found.end(), [&](const auto& o) { return o.id == guest.id; })) {
      found.push_back(std::move(guest));
    }
  }
  return found;
}

}  // namespace

std::unique_ptr<Driver> make_libvirt_driver(const DriverOptions& options) {
  return std::make_unique<LibvirtDriver>(options);
}

}  // namespace bench
