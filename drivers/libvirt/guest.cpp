#include "drivers/libvirt/guest.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "drivers/libvirt/console.h"
#include "drivers/libvirt/daemon/embed.h"
#include "drivers/libvirt/domain/firmware.h"
#include "drivers/libvirt/domain/kernel_quirks.h"
#include "drivers/libvirt/domain/qemu_log.h"
#include "drivers/libvirt/domain/registry.h"
#include "drivers/libvirt/domain/variables_disk.h"
#include "drivers/libvirt/network.h"
#include "drivers/libvirt/targets.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

void write_guest_record(const fs::path& path, const std::string& xml) {
  const fs::path half = path.string() + ".new";
  std::ofstream out(half, std::ios::binary | std::ios::trunc);
  out << xml;
  out.close();
  std::error_code error;
  fs::rename(half, path, error);
  if (!out || error) {
    fs::remove(half, error);
    throw Error(ErrorCode::kIo, fmt::format("cannot write {}", path.string()),
                "free some space, or set BENCH_STATE_DIR to a directory that can be written to");
  }
}

bool is_gone(virDomainPtr domain) {
  int state = 0;
  if (virDomainGetState(domain, &state, nullptr, 0) < 0) {
    const auto* error = virGetLastError();
    return error != nullptr && error->code == VIR_ERR_NO_DOMAIN;  // a dead daemon says nothing about it
  }
  return state == VIR_DOMAIN_SHUTOFF || state == VIR_DOMAIN_CRASHED;
}

std::string paused_because(int reason) {
  return reason == VIR_DOMAIN_PAUSED_IOERROR ? "paused by a disk error (is the host's disk full?)"
                                             : fmt::format("paused (libvirt's reason {})", reason);
}

InstanceState state_of(int state, int reason) {
  switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
      return {true, {}, "running"};
    case VIR_DOMAIN_SHUTDOWN:
      return {true, {}, "shutting down"};
    case VIR_DOMAIN_PAUSED:
      if (reason == VIR_DOMAIN_PAUSED_STARTING_UP || reason == VIR_DOMAIN_PAUSED_USER) {
        return {true, {}, "starting"};
      }
      return {false, {}, paused_because(reason)};
    case VIR_DOMAIN_CRASHED:
      return {false, {}, "crashed"};
    default:
      return {false, {}, "shut off"};
  }
}

}  // namespace

void make_overlay(const fs::path& base, const fs::path& overlay, std::stop_token stop) {
  const CommandResult result = run_command({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b",
                                            fs::absolute(base).string(), overlay.string()},
                                           {}, stop);
  if (result.exit_code == 0) return;
  std::error_code ignored;
  fs::remove(overlay, ignored);
  std::string why = result.err;
  while (!why.empty() && why.back() == '\n') why.pop_back();
  const bool full = why.find("No space left") != std::string::npos;
  throw Error(full ? ErrorCode::kIo : ErrorCode::kEngine,
              fmt::format("no overlay can be made on the disk image {}: {}", base.string(), why),
              full ? "free some space, or set BENCH_STATE_DIR to a larger file system"
                   : "build the image again: bench prepare --rebuild");
}

std::vector<std::string> features_left_out(const LibvirtConnection& connection, const VmImage& image,
                                           const std::string& type) {
  if (connection.mock() || image.kernel_release.empty()) return {};
  unsigned long qemu = 0;
  if (virConnectGetVersion(connection.get(), &qemu) < 0) return {};
  return features_that_break(image.kernel_release, qemu,
                             type == "qemu" ? Acceleration::kTcg : Acceleration::kKvm);
}

void remove_guest_left_behind(const LibvirtConnection* connection, const std::string& name) {
  (void)instance_files(name);  // refuses names that are not ours
  if (connection != nullptr) {
    virDomainPtr domain = virDomainLookupByName(connection->get(), name.c_str());
    if (domain != nullptr) {
      virDomainDestroy(domain);
      virDomainFree(domain);
    }
    std::error_code ignored;
    if (!connection->mock()) {
      fs::remove(connection->log_file(name), ignored);
    }
  }
  if (!kill_guest_processes(name, Seconds(5.0))) {
    throw Error(ErrorCode::kEngine, fmt::format("the VM {} cannot be killed", name),
                "kill its QEMU process, as its owner or as root");
  }
  remove_instance_files(name);
  remove_dead_embed_roots();
}

ReservedPort::ReservedPort() {
  fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (!fd_.open() || ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    release();
    throw Error(ErrorCode::kEngine, "no free port on 127.0.0.1");
  }
  number_ = ntohs(address.sin_port);
}

void ReservedPort::release() {
  fd_.reset();
}

Guest::Guest(std::shared_ptr<LibvirtConnection> connection, DomainSpec spec, const VmImage& image,
             std::stop_token stop)
    : connection_(std::move(connection)), spec_(std::move(spec)) {
  if (stop.stop_requested()) {
    throw Error(ErrorCode::kInterrupted, fmt::format("interrupted before {} was made", spec_.name));
  }
  const InstanceFiles files = instance_files(spec_.name);
  if (fs::exists(files.record)) {
    throw Error(ErrorCode::kEngine, fmt::format("there is a VM {} already", spec_.name),
                "remove leftovers of killed runs: bench clean");
  }
  for (std::string& feature : features_left_out(*connection_, image, spec_.type)) {
    spec_.cpu.disabled.push_back(std::move(feature));
  }
  spec_.kernel = image.kernel;
  spec_.initrd = image.initrd;
  spec_.cmdline.insert(0, image.cmdline);
  if (!image.disk.empty()) {
    spec_.disk = files.disk;
    spec_.disk_base = fs::absolute(image.disk);
  }
  if (!spec_.env.empty()) {
    spec_.variables = files.variables;
  }
  if (spec_.guest_port != 0) {
    spec_.host_port = port_.number();
  }
  if (connection_->system_daemon()) {
    spec_.run_as = {::geteuid(), ::getegid()};
  }
  Firmware firmware;
  if (image.uefi() && !connection_->mock()) {
    firmware = find_firmware(spec_.machine);
    spec_.firmware = firmware.code;
    spec_.firmware_vars = files.firmware_vars;
  }
  xml_ = domain_xml(spec_);
  try {
    write_guest_record(files.record, xml_);
    if (!spec_.disk.empty()) {
      make_overlay(image.disk, spec_.disk, stop);
    }
    if (!spec_.variables.empty()) {
      make_variables_disk(spec_.env, spec_.variables);
    }
    if (!spec_.firmware_vars.empty()) {
      fs::copy_file(firmware.variables, spec_.firmware_vars, fs::copy_options::overwrite_existing);
    }
  } catch (const fs::filesystem_error& error) {
    remove_instance_files(spec_.name);
    throw Error(ErrorCode::kIo, error.what(), "free some disk space");
  } catch (...) {
    remove_instance_files(spec_.name);
    throw;
  }
}

Guest::~Guest() {
  if (reaper_ || forwarder_reaper_) {
    end_processes();  // it could not be removed: its reapers must end
  }
  if (console_) {
    console_->close();
  }
  if (domain_ != nullptr) {
    virDomainFree(domain_);
  }
}

void Guest::launch() {
  unsigned int flags = 0;
  if (!connection_->mock()) {
    flags = VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_VALIDATE;
    if (!connection_->embedded()) {
      flags |= VIR_DOMAIN_START_AUTODESTROY;  // the embedded driver has none: records and /proc do it
    }
  }
  std::optional<QemuAdoption> adoption;
  if (connection_->embedded()) {
    adoption.emplace();
  }
  domain_ = virDomainCreateXML(connection_->get(), xml_.c_str(), flags);
  port_.release();
  if (domain_ == nullptr) {
    std::string said = virGetLastErrorMessage();
    const std::string words = last_words();
    if (!words.empty() && said.find("qemu-system") == std::string::npos) {
      said += ": " + words;
    }
    throw Error(ErrorCode::kEngine, fmt::format("the VM {} does not start: {}", spec_.name, said));
  }
  if (spec_.network == GuestNetwork::kPasst) {
    forwarder_ = passt_process(port_.number());
  }
  if (connection_->embedded()) {
    if (const auto process = pid()) {
      reaper_ = std::make_unique<GuestReaper>(*process);
    }
    if (forwarder_) {
      forwarder_reaper_ = std::make_unique<GuestReaper>(forwarder_->pid);
    }
  }
}

/// By any means. A passt ends with its QEMU; one that does not must not keep its port.
bool Guest::end_processes() {
  const bool ended = kill_guest_processes(spec_.name, Seconds(5.0));
  if (forwarder_) {
    signal_process(*forwarder_, SIGKILL);
  }
  return ended;
}

void Guest::open_console() {
  if (!sink_) {
    return;
  }
  console_ = std::make_shared<ConsoleStream>(sink_);
  console_->open(connection_->get(), domain_);
}

void Guest::start(std::stop_token stop) {
  const auto check = [&] {
    if (stop.stop_requested()) {
      destroy();
      throw Error(ErrorCode::kInterrupted, fmt::format("interrupted while {} was starting", spec_.name));
    }
  };
  check();
  launch();
  check();
  if (connection_->mock()) {
    return;  // it has no console, and runs already
  }
  try {
    open_console();
    if (virDomainResume(domain_) < 0) {
      throw_libvirt(fmt::format("the VM {} does not run", spec_.name));
    }
  } catch (...) {
    destroy();
    throw;
  }
}

InstanceState Guest::state() const {
  if (domain_ == nullptr) {
    return {false, {}, "not started"};
  }
  int state = 0;
  int reason = 0;
  InstanceState result;
  if (virDomainGetState(domain_, &state, &reason, 0) == 0) {
    result = state_of(state, reason);
  } else if (const auto* error = virGetLastError(); error == nullptr || error->code != VIR_ERR_NO_DOMAIN) {
    throw_libvirt(fmt::format("libvirt does not answer about {}", spec_.name),
                  "see whether the libvirt daemon still runs");
  } else {
    result.detail =
        connection_->stop_reason(spec_.name).value_or(destroyed_ ? "destroyed" : "gone");  // it vanishes
  }
  if (!result.running) {
    if (const std::string words = last_words(); !words.empty()) {
      result.detail += ": " + words;
    }
  }
  return result;
}

std::optional<pid_t> Guest::pid() const {
  std::ifstream in(connection_->pid_file(spec_.name));
  if (pid_t pid = 0; in >> pid) {
    return pid;
  }
  const auto found = find_guest_processes(spec_.name);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

bool Guest::power_button(Seconds limit) {
  if (domain_ == nullptr || is_gone(domain_)) {
    return true;
  }
  if (virDomainShutdownFlags(domain_, VIR_DOMAIN_SHUTDOWN_DEFAULT) < 0) {
    return is_gone(domain_);
  }
  const Deadline deadline(limit);
  while (!is_gone(domain_)) {
    if (deadline.expired()) {
      return false;
    }
    std::this_thread::sleep_for(kPowerButtonStep);
  }
  return true;
}

void Guest::destroy() {
  if (domain_ == nullptr || is_gone(domain_)) {
    return;
  }
  destroyed_ = true;
  if (virDomainDestroy(domain_) < 0 && !is_gone(domain_)) {
    throw_libvirt(fmt::format("the VM {} cannot be ended", spec_.name));
  }
}

void Guest::remove() {
  try {
    destroy();
  } catch (const Error&) {
    // The daemon may be gone: what follows does without it.
  }
  if (console_) {
    console_->finish(Seconds(1.0));
  }
  if (!connection_->mock() && !end_processes()) {
    throw Error(ErrorCode::kEngine, fmt::format("the VM {} cannot be killed", spec_.name),
                "kill its QEMU process by hand");
  }
  reaper_.reset();
  forwarder_reaper_.reset();
  std::error_code ignored;
  if (!connection_->mock()) {
    fs::remove(connection_->log_file(spec_.name), ignored);
  }
  remove_instance_files(spec_.name);
}

std::string Guest::last_words() const {
  return last_words_of(connection_->log_file(spec_.name));
}

}  // namespace bench
