#include "drivers/libvirt/accel.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "bench/base/error.h"
#include "bench/base/procfs.h"
#include "drivers/finding.h"
#include "drivers/libvirt/guest.h"

namespace bench {
namespace {

constexpr Seconds kFirstLimit{15.0};  // a guest with working KVM needs less than 3 s
constexpr Seconds kNextLimit{8.0};
constexpr Seconds kEmulatedLimit{60.0};
constexpr double kDiskFactor = 4;  // through firmware, boot loader and the disk
constexpr std::int64_t kProofMemory = std::int64_t{512} << 20;
constexpr const char* kNoKvmRemedy =
    "for figures of hardware virtualisation run on a host where KVM boots a guest: real hardware with "
    "virtualisation enabled in its firmware, or a cloud instance with nested virtualisation";

/// Waits for the first process's mark on the console.
class UserspaceWatch : public ConsoleSink {
 public:
  void bytes(std::string_view chunk) override {
    const std::lock_guard lock(mutex_);
    text_ += chunk;
    if (text_.find("@bench userspace") != std::string::npos) {
      seen_ = true;
    }
    changed_.notify_all();
  }
  void closed() override {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  bool wait(Seconds limit, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, limit, [&] { return seen_ || ended_; });
    return seen_;
  }
  bool ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  bool silent() {
    const std::lock_guard lock(mutex_);
    return text_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string text_;
  bool seen_ = false;
  bool ended_ = false;
};

/// libvirt's and QEMU's messages on one line, without what is known already.
std::string shortened(std::string text) {
  constexpr std::string_view kKnown = "does not start: ";
  if (const auto at = text.find(kKnown); at != std::string::npos) {
    text.erase(0, at + kKnown.size());
  }
  // QEMU's own word, without its time, name and stack.
  constexpr std::string_view kError = ": error: ";
  if (const auto at = text.find(kError); at != std::string::npos) {
    text = "QEMU: " + text.substr(at + kError.size());
    text.resize(std::min(text.find('\n'), text.size()));
  }
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  constexpr std::size_t kLongest = 300;
  if (text.size() > kLongest) {
    text.resize(kLongest);
    text += "…";
  }
  return text;
}

BootAttempt boot_guest(const std::shared_ptr<LibvirtConnection>& connection, const VmImage& image,
                       const std::string& type, const GuestCpu& cpu, Seconds limit, std::stop_token stop) {
  DomainSpec spec;
  spec.type = type;
  spec.title = "bench: do guests boot here?";
  spec.owner = {"proof", ::getpid(), process_start_time(::getpid()).value_or(0)};
  spec.name = fmt::format("bench-proof-{}-{}", spec.owner.pid, spec.owner.pid_start);
  spec.nonce = "proof";
  spec.memory_bytes = kProofMemory;
  spec.cpu = cpu;
  BootAttempt attempt;
  Guest guest(connection, spec, image, stop);
  const auto watch = std::make_shared<UserspaceWatch>();
  guest.set_console(watch);
  const auto begin = Clock::now();
  try {
    guest.start(stop);
    attempt.booted = watch->wait(image.uefi() ? limit * kDiskFactor : limit, stop);
    attempt.took = Clock::now() - begin;
    if (attempt.booted) {
      attempt.outcome = fmt::format("user space after {:.1f} s", attempt.took.count());
    } else if (watch->ended()) {
      attempt.outcome = shortened(fmt::format("QEMU ended: {}", guest.state().detail));
    } else {
      attempt.outcome =
          fmt::format("{} within {:.0f} s", watch->silent() ? "no sign of the kernel" : "no user space",
                      attempt.took.count());
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted) {
      guest.remove();
      throw;
    }
    attempt.took = Clock::now() - begin;
    attempt.outcome = shortened(error.what());
  }
  guest.remove();
  if (stop.stop_requested()) {
    throw Error(ErrorCode::kInterrupted, "interrupted while KVM was being tried");
  }
  return attempt;
}

std::string cpu_words(const GuestCpu& cpu) {
  std::string text = cpu.mode == "custom" ? cpu.model : cpu.mode;
  for (const auto& feature : cpu.disabled) {
    text += " without " + feature;
  }
  return text;
}

GuestAcceleration emulated(std::string how, bool proven, std::string remedy) {
  return {{Acceleration::kTcg, proven, std::move(how), std::move(remedy)}, GuestCpu{"maximum", "", {}}};
}

/// What is known without booting anything.
std::optional<GuestAcceleration> without_a_boot(const std::string& device, const std::string& accel) {
  if (from_text<AccelerationWish>(accel) == AccelerationWish::kTcg) {
    return emulated("asked for with --accel tcg", false, "leave --accel away to use KVM where it works");
  }
  if (device == "missing") {
    return emulated("there is no /dev/kvm", true, kNoKvmRemedy);
  }
  if (device == "refused") {
    return emulated("/dev/kvm may not be opened by this user", true,
                    "add yourself to the group kvm (usermod -aG kvm $USER, then log in again)");
  }
  return std::nullopt;
}

}  // namespace

std::string acceleration_age(const DriverOptions& options) {
  const MachineKey key = machine_key();
  // Where no boot is needed it was looked at just now.
  return without_a_boot(key.at("kvm"), options.accel) ? "" : remembered_age(key);
}

bool may_pass(const GuestAcceleration& found, bool busy_host) {
  if (found.verdict.acceleration != Acceleration::kTcg) {
    return false;
  }
  // Another hypervisor has the processor, memory is short, rights are still to be given.
  for (const char* reason :
       {"busy", "EBUSY", "annot allocate memory", "ENOMEM", "ermission denied", "EACCES"}) {
    if (found.verdict.how.find(reason) != std::string::npos) {
      return true;
    }
  }
  return busy_host && found.control > kFirstLimit && found.verdict.how.find(" within ") != std::string::npos;
}

std::vector<std::string> refused_features(const std::string& message) {
  // Model-specific registers that a nested or restricted KVM refuses, and the CPU feature behind each.
  static constexpr const char* kRegisters[][2] = {
      {"0x10a", "arch-capabilities"}, {"0x48 ", "spec-ctrl"}, {"0x122", "tsx-ctrl"},
      {"0xe1 ", "waitpkg"},           {"0x345", "pdcm"},      {"0xda0", "xsaves"}};
  std::vector<std::string> features;
  for (const auto& [address, feature] : kRegisters) {
    if (message.find(fmt::format("MSR {}", address)) != std::string::npos) {
      features.emplace_back(feature);
    }
  }
  return features;
}

GuestAcceleration prove_acceleration(const Boot& boot, bool nested) {
  std::string tried;
  GuestCpu cpu{"host-passthrough", "", {}};
  Seconds limit = kFirstLimit;
  for (;;) {
    const BootAttempt attempt = boot("kvm", cpu, limit);
    if (attempt.booted) {
      return {{nested ? Acceleration::kNestedKvm : Acceleration::kKvm, true,
               fmt::format("a guest booted with KVM, CPU {}: {}", cpu_words(cpu), attempt.outcome), ""},
              cpu};
    }
    tried += fmt::format("{}CPU {}: {}", tried.empty() ? "" : "; ", cpu_words(cpu), attempt.outcome);
    bool learnt = false;
    for (const auto& feature : refused_features(attempt.outcome)) {
      if (std::find(cpu.disabled.begin(), cpu.disabled.end(), feature) == cpu.disabled.end()) {
        cpu.disabled.push_back(feature);
        learnt = true;
      }
    }
    if (learnt) {
      continue;  // QEMU named what is refused; a real boot is still to come, with the whole limit
    }
    if (cpu.mode == "custom") {
      break;
    }
    cpu = {"custom", "kvm64", {}};
    limit = kNextLimit;
  }
  // The same guest, emulated: was it really KVM?
  GuestAcceleration without = emulated("KVM boots no guest here: " + tried, true, kNoKvmRemedy);
  const BootAttempt control = boot("qemu", without.cpu, kEmulatedLimit);
  if (!control.booted) {
    throw Error(ErrorCode::kEngine, "no guest boots, with KVM or emulated: " + control.outcome,
                "see what libvirt says above; check that QEMU and the images are whole (bench prepare)");
  }
  without.control = control.took;
  return without;
}

GuestAcceleration find_acceleration(const std::shared_ptr<LibvirtConnection>& connection,
                                    const DriverOptions& options, const ImageSet& images, Artefact artefact,
                                    std::stop_token stop) {
  const MachineKey key = machine_key();
  auto found = without_a_boot(key.at("kvm"), options.accel);
  if (!found) {
    found = remembered_acceleration(key);
  }
  if (!found) {
    // The kernel and initramfs alone are enough, and quickest; a disk only where nothing else was built.
    const bool direct = images.disks.contains(Artefact::kDirectDisk);
    VmImage image = images.disks.at(direct ? Artefact::kDirectDisk : artefact);
    if (direct) {
      image.disk.clear();
    }
    if (options.progress) {
      options.progress("finding out whether KVM boots a guest here (once; half a minute where it does not)");
    }
    const bool busy_before = host_is_busy();
    found = prove_acceleration(
        [&](const std::string& type, const GuestCpu& cpu, Seconds limit) {
          return boot_guest(connection, image, type, cpu, limit, stop);
        },
        inside_a_vm());
    remember_acceleration(key, *found, may_pass(*found, busy_before) ? Finding::kMayPass : Finding::kHolds);
  }
  if (from_text<AccelerationWish>(options.accel) == AccelerationWish::kKvm &&
      found->verdict.acceleration == Acceleration::kTcg) {
    throw Error(
        ErrorCode::kUnavailable, fmt::format("--accel kvm: {}", found->verdict.how),
        "use --accel tcg or auto. After a change of the host: bench doctor --again, then the next run "
        "tries again");
  }
  return *found;
}

std::optional<Warning> acceleration_warning(const AccelerationVerdict& verdict) {
  if (verdict.acceleration != Acceleration::kTcg) {
    return std::nullopt;
  }
  return Warning{
      fmt::format("VMs are emulated (TCG): their speed is not that of hardware virtualisation. {}.",
                  verdict.how),
      verdict.remedy};
}

AccelerationVerdict acceleration_verdict(const DriverOptions& options) {
  const MachineKey key = machine_key();
  if (const auto known = without_a_boot(key.at("kvm"), options.accel)) {
    return known->verdict;
  }
  if (const auto known = last_acceleration(key)) {
    return known->verdict;
  }
  return {inside_a_vm() ? Acceleration::kNestedKvm : Acceleration::kKvm, false,
          "/dev/kvm opens, but no guest has been booted with it yet: the first run finds out",
          "run bench run startup: it boots a guest first and remembers the answer"};
}

}  // namespace bench
