#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "drivers/driver.h"

namespace bench {

/// The CPU that a guest sees.
struct GuestCpu {
  std::string mode = "maximum";       ///< "host-passthrough" | "maximum" | "custom"
  std::string model;                  ///< of mode "custom": "qemu64", …
  std::vector<std::string> disabled;  ///< features that this host's KVM refuses
  bool operator==(const GuestCpu&) const = default;
};

/// What carries the app's port from the guest to 127.0.0.1.
enum class GuestNetwork {
  kSlirp,  ///< QEMU's own user network, in QEMU's process
  kPasst,  ///< a passt process that libvirt starts beside QEMU
};

/// One libvirt domain, in the words of this project.
struct DomainSpec {
  std::string type = "qemu";  ///< libvirt's: "kvm", "qemu" (that is TCG), "test"
  std::string name;
  std::string title, description;  ///< for people who look at `virsh list --title`
  Ownership owner;
  std::string nonce;  ///< becomes the SMBIOS system serial number; empty: none
  int cpus = 1;
  std::int64_t memory_bytes = 0;
  GuestCpu cpu;
  std::string machine = "q35";  ///< libvirt's: what virt-install takes for a Linux guest, or "pc"

  std::filesystem::path disk;            ///< qcow2, written to; empty: no disk
  std::filesystem::path disk_base;       ///< the qcow2 file below it, only read; empty: none
  Variables env;                         ///< of the app; they travel on a disk, never in the XML
  std::filesystem::path variables;       ///< that disk: raw, only read; empty: none
  std::filesystem::path kernel, initrd;  ///< direct kernel boot
  std::string cmdline;                   ///< a Guest puts its image's before it
  std::filesystem::path firmware,
      firmware_vars;                            ///< UEFI: code (shared, read-only) and this guest's variables
  std::uint16_t host_port = 0, guest_port = 0;  ///< loopback forward; 0: no network card
  GuestNetwork network = GuestNetwork::kSlirp;

  /// Run QEMU as this user and group, files as they are (a system daemon's own user cannot reach ours).
  std::optional<std::pair<unsigned, unsigned>> run_as;
};

/// The domain's XML. Throws Error{kUsage} for a text that XML 1.0 or the SMBIOS cannot carry.
std::string domain_xml(const DomainSpec& spec);

/// The namespace of our element in a domain's <metadata>.
inline constexpr const char* kOwnerNamespace = "urn:bench:instance:1";

/// Reads our label out of a domain's XML, or out of our metadata element alone. Nothing when there is none.
std::optional<OwnedInstance> owner_from_xml(const std::string& xml);

/// The writable files that a domain of ours names: its disk and its firmware variables.
std::vector<std::filesystem::path> files_from_xml(const std::string& xml);

}  // namespace bench
