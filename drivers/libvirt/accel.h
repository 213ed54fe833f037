#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/core/image.h"
#include "drivers/libvirt/connection.h"
#include "drivers/libvirt/domain/domain_xml.h"
#include "drivers/libvirt/libvirt.h"

namespace bench {

/// What the guests get, and the verdict that says why.
struct GuestAcceleration {
  AccelerationVerdict verdict;
  GuestCpu cpu;
  Seconds control{0};  ///< how long the emulated guest took to boot that showed that KVM was what failed
  [[nodiscard]] std::string domain_type() const {
    return verdict.acceleration == Acceleration::kTcg ? "qemu" : "kvm";
  }
  bool operator==(const GuestAcceleration&) const = default;
};

/// What a verdict depends on: kernel, its KVM module, QEMU, libvirt, processor, microcode, and whether we may
/// open /dev/kvm.
using MachineKey = std::map<std::string, std::string>;
MachineKey machine_key();

/// True where this host is a virtual machine itself.
bool inside_a_vm();

/// Whether a finding holds for later runs, too.
enum class Finding { kHolds, kMayPass };

/// Verdicts in <persistent_dir>/acceleration.json, one per machine key, each with its date; after a month it
/// is found out again, and one that may pass at the next run. A file that cannot be understood is as if it
/// were not there.
std::optional<GuestAcceleration> remembered_acceleration(const MachineKey& key);
/// What was found last, whether or not it holds for the next run: for people.
std::optional<GuestAcceleration> last_acceleration(const MachineKey& key);
void remember_acceleration(const MachineKey& key, const GuestAcceleration& found,
                           Finding finding = Finding::kHolds);
/// "found 3 days ago", and that the next run tries again where it may pass; empty where nothing was found.
std::string remembered_age(const MachineKey& key);

/// True for a verdict whose reason may be gone tomorrow, so that no later run relies on it: KVM was busy,
/// memory was short, rights were missing, or the host was so busy that the emulated guest took longer, too,
/// than one with KVM may.
bool may_pass(const GuestAcceleration& found, bool busy_host);

/// One boot of a guest: did user space come up?
struct BootAttempt {
  bool booted = false;
  Seconds took{0};
  std::string outcome;  ///< one line: "user space after 1.2 s", "QEMU: failed to set MSR 0x10a", …
};
/// `type` is libvirt's: "kvm" or "qemu" (emulated).
using Boot = std::function<BootAttempt(const std::string& type, const GuestCpu& cpu, Seconds limit)>;

/// CPU features whose refusal QEMU reports in `message`, by libvirt's names.
std::vector<std::string> refused_features(const std::string& message);

/// Tries KVM with the host's CPU, then without the features that it refuses, then with a plain model. The
/// first that boots is taken; else TCG, once the same guest has booted emulated: otherwise KVM was not what
/// failed, and Error{kEngine} is thrown. `nested`: this host is itself a virtual machine.
GuestAcceleration prove_acceleration(const Boot& boot, bool nested);

/// The acceleration for this machine. Boots guests from `images` when nothing is remembered and `accel` does
/// not settle it. `accel` "kvm" throws kUnavailable with the proof when KVM does not boot a guest.
GuestAcceleration find_acceleration(const std::shared_ptr<LibvirtConnection>& connection,
                                    const DriverOptions& options, const ImageSet& images, Artefact artefact,
                                    std::stop_token stop);

/// The verdict as a warning for the run; nothing when guests run at hardware speed.
std::optional<Warning> acceleration_warning(const AccelerationVerdict& verdict);

}  // namespace bench
