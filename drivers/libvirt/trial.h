#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bench/core/run.h"
#include "drivers/libvirt/domain/domain_xml.h"

namespace bench {

/// A guest that a daemon starts before a run trusts it: without a kernel, but with an overlay where overlays
/// lie on a disk where images lie, so that what keeps a run's guests from their disks keeps this one too.
class TrialGuest {
 public:
  /// Makes the disks. `run_as_us`: see DomainSpec::run_as. Throws what qemu-img says.
  explicit TrialGuest(bool run_as_us);
  /// The overlay goes; the empty disk below it stays in the cache for the next trial.
  ~TrialGuest();
  TrialGuest(const TrialGuest&) = delete;
  TrialGuest& operator=(const TrialGuest&) = delete;

  [[nodiscard]] const DomainSpec& spec() const { return spec_; }

 private:
  DomainSpec spec_;
};

/// AppArmor is on, and `directory` is below a hidden directory of a home: the profile with which libvirt's
/// system daemon looks at the disks of its guests (virt-aa-helper's) forbids it to. Nothing where that is not
/// so.
std::optional<Warning> hidden_from_system_daemon(const std::filesystem::path& directory,
                                                 const std::filesystem::path& sysroot = "/");

}  // namespace bench
