#include "drivers/libvirt/domain/domain_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <pugixml.hpp>
#include <sstream>

#include "bench/base/error.h"

namespace bench {
namespace {

constexpr const char* kQemuNamespace = "http://libvirt.org/schemas/domain/qemu/1.0";

/// libxml2 refuses control characters even when they are written as references, with a message that names
/// neither the field nor the value.
void require_text(const char* field, const std::string& text) {
  const bool ok =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  if (!ok) {
    throw Error(ErrorCode::kUsage, fmt::format("a domain's {} cannot hold control characters", field));
  }
}

pugi::xml_node add(pugi::xml_node parent, const char* name) {
  return parent.append_child(name);
}

pugi::xml_node add(pugi::xml_node parent, const char* name, const std::string& text) {
  auto node = parent.append_child(name);
  node.text().set(text.c_str());
  return node;
}

pugi::xml_node with(pugi::xml_node node, const char* attribute, const std::string& value) {
  node.append_attribute(attribute).set_value(value.c_str());
  return node;
}

void add_metadata(pugi::xml_node domain, const DomainSpec& spec) {
  auto owner = add(add(domain, "metadata"), "bench:owner");
  with(owner, "xmlns:bench", kOwnerNamespace);
  with(owner, "name", spec.name);
  with(owner, "run", spec.owner.run_id);
  with(owner, "pid", std::to_string(spec.owner.pid));
  with(owner, "pid_start", std::to_string(spec.owner.pid_start));
}

void add_os(pugi::xml_node domain, const DomainSpec& spec) {
  auto os = add(domain, "os");
  auto type = add(os, "type", "hvm");
  with(type, "arch", "x86_64");
  if (spec.type != "test") {
    with(type, "machine", spec.machine);
  }
  if (!spec.firmware.empty()) {
    auto loader = add(os, "loader", spec.firmware.string());
    with(with(loader, "readonly", "yes"), "type", "pflash");
    add(os, "nvram", spec.firmware_vars.string());
  }
  if (!spec.kernel.empty()) {
    add(os, "kernel", spec.kernel.string());
    if (!spec.initrd.empty()) {
      add(os, "initrd", spec.initrd.string());
    }
    add(os, "cmdline", spec.cmdline);
  }
  if (!spec.nonce.empty()) {
    with(add(os, "smbios"), "mode", "sysinfo");
  }
}

void add_cpu(pugi::xml_node domain, const DomainSpec& spec) {
  auto cpu = with(add(domain, "cpu"), "mode", spec.cpu.mode);
  if (spec.cpu.mode == "custom") {
    with(cpu, "match", "exact");
    with(cpu, "check", "none");
    with(add(cpu, "model", spec.cpu.model), "fallback", "forbid");
  } else {
    with(cpu, "check", "none");
  }
  for (const auto& feature : spec.cpu.disabled) {
    with(with(add(cpu, "feature"), "policy", "disable"), "name", feature);
  }
}

void add_disk(pugi::xml_node devices, const DomainSpec& spec) {
  auto disk = with(with(add(devices, "disk"), "type", "file"), "device", "disk");
  // writeback, QEMU's own default: the guest's flushes reach the disk, as a container's do.
  with(with(with(add(disk, "driver"), "name", "qemu"), "type", "qcow2"), "cache", "writeback");
  with(add(disk, "source"), "file", spec.disk.string());
  if (!spec.disk_base.empty()) {
    // Named, or whoever writes a profile for the guest has to open the overlay to find it, and may not be
    // allowed to.
    auto base = with(add(disk, "backingStore"), "type", "file");
    with(add(base, "format"), "type", "qcow2");
    with(add(base, "source"), "file", spec.disk_base.string());
    add(base, "backingStore");  // and nothing below that
  }
  with(with(add(disk, "target"), "dev", "vda"), "bus", "virtio");
  if (spec.kernel.empty()) {
    with(add(disk, "boot"), "order", "1");
  }
}

/// What the guest's init reads before it starts the app: /dev/vdb.
void add_variables(pugi::xml_node devices, const DomainSpec& spec) {
  auto disk = with(with(add(devices, "disk"), "type", "file"), "device", "disk");
  with(with(add(disk, "driver"), "name", "qemu"), "type", "raw");
  with(add(disk, "source"), "file", spec.variables.string());
  add(disk, "backingStore");
  with(with(add(disk, "target"), "dev", "vdb"), "bus", "virtio");
  add(disk, "readonly");
  add(disk, "serial", "bench-variables");
}

void add_passt(pugi::xml_node devices, const DomainSpec& spec) {
  auto interface = with(add(devices, "interface"), "type", "user");
  with(add(interface, "backend"), "type", "passt");
  // The address that slirp gives: the direct profile's init sets it without asking.
  with(with(with(add(interface, "ip"), "family", "ipv4"), "address", "10.0.2.15"), "prefix", "24");
  auto forward = with(with(add(interface, "portForward"), "proto", "tcp"), "address", "127.0.0.1");
  with(with(add(forward, "range"), "start", std::to_string(spec.host_port)), "to",
       std::to_string(spec.guest_port));
  with(add(interface, "model"), "type", "virtio");
  with(add(interface, "rom"), "enabled", "no");  // the firmware would run it
  auto slot = with(with(add(interface, "address"), "type", "pci"), "domain", "0x0000");
  with(with(with(slot, "bus", "0x00"), "slot", "0x10"), "function", "0x0");
}

void add_devices(pugi::xml_node domain, const DomainSpec& spec) {
  auto devices = add(domain, "devices");
  if (!spec.disk.empty()) {
    add_disk(devices, spec);
  }
  if (!spec.variables.empty()) {
    add_variables(devices, spec);
  }
  // No USB: nothing would use it, and probing it costs the guest's kernel time.
  with(with(add(devices, "controller"), "type", "usb"), "model", "none");
  auto serial = with(add(devices, "serial"), "type", "pty");
  with(with(add(serial, "target"), "type", "isa-serial"), "port", "0");
  auto console = with(add(devices, "console"), "type", "pty");
  with(with(add(console, "target"), "type", "serial"), "port", "0");
  with(add(devices, "memballoon"), "model", "none");
  if (spec.host_port != 0 && spec.network == GuestNetwork::kPasst) {
    add_passt(devices, spec);
  }
}

void add_slirp(pugi::xml_node domain, const DomainSpec& spec) {
  // libvirt's own <interface type='user'> cannot forward a port without passt.
  auto commandline = add(domain, "qemu:commandline");
  const auto arg = [&](const std::string& value) { with(add(commandline, "qemu:arg"), "value", value); };
  arg("-netdev");
  arg(fmt::format("user,id=bench0,hostfwd=tcp:127.0.0.1:{}-:{}", spec.host_port, spec.guest_port));
  arg("-device");
  // An explicit slot far from those that libvirt hands out; no option ROM, or the firmware would run it.
  arg(fmt::format("virtio-net-pci,netdev=bench0,bus={},addr=0x10,romfile=",
                  spec.machine == "pc" ? "pci.0" : "pcie.0"));
}

pugi::xml_node find_owner(const pugi::xml_node& node) {
  for (const auto& child : node.children()) {
    const char* name = child.name();
    const char* colon = std::strchr(name, ':');
    if (std::strcmp(colon != nullptr ? colon + 1 : name, "owner") == 0) {
      for (const auto& attribute : child.attributes()) {
        if (std::strncmp(attribute.name(), "xmlns", 5) == 0 &&
            std::strcmp(attribute.value(), kOwnerNamespace) == 0) {
          return child;
        }
      }
    }
  }
  return {};
}

}  // namespace

std::string domain_xml(const DomainSpec& spec) {
  require_text("name", spec.name);
  require_text("title", spec.title);
  require_text("description", spec.description);
  require_text("run id", spec.owner.run_id);
  require_text("nonce", spec.nonce);
  require_text("kernel command line", spec.cmdline);

  pugi::xml_document document;
  auto domain = with(add(document, "domain"), "type", spec.type);
  with(domain, "xmlns:qemu", kQemuNamespace);
  add(domain, "name", spec.name);
  if (!spec.title.empty()) {
    add(domain, "title", spec.title);
  }
  if (!spec.description.empty()) {
    add(domain, "description", spec.description);
  }
  add_metadata(domain, spec);
  with(add(domain, "memory", std::to_string(spec.memory_bytes)), "unit", "b");
  with(add(domain, "vcpu", std::to_string(spec.cpus)), "placement", "static");
  if (!spec.nonce.empty()) {
    auto system = add(with(add(domain, "sysinfo"), "type", "smbios"), "system");
    with(add(system, "entry", spec.nonce), "name", "serial");
  }
  add_os(domain, spec);
  auto features = add(domain, "features");
  add(features, "acpi");
  add(features, "apic");
  if (spec.type != "test") {
    add_cpu(domain, spec);
  }
  auto clock = with(add(domain, "clock"), "offset", "utc");
  with(with(add(clock, "timer"), "name", "hpet"), "present", "no");
  add(domain, "on_poweroff", "destroy");
  add(domain, "on_reboot", "destroy");  // a guest that reboots has failed: it must not look alive
  add(domain, "on_crash", "destroy");
  add_devices(domain, spec);
  if (spec.run_as) {
    auto label = with(add(domain, "seclabel"), "type", "static");
    with(with(label, "model", "dac"), "relabel", "no");
    add(label, "label", fmt::format("+{}:+{}", spec.run_as->first, spec.run_as->second));
  }
  if (spec.host_port != 0 && spec.network == GuestNetwork::kSlirp) {
    add_slirp(domain, spec);
  }

  std::ostringstream out;
  document.save(out, "  ", pugi::format_default | pugi::format_no_declaration);
  return out.str();
}

std::optional<OwnedInstance> owner_from_xml(const std::string& xml) {
  pugi::xml_document document;
  if (!document.load_string(xml.c_str())) {
    return std::nullopt;
  }
  // libvirt hands our element out alone, without its namespace: it was asked for by that.
  auto owner = document.child("owner");
  if (!owner || owner.attribute("xmlns")) {
    owner = find_owner(document);
  }
  if (!owner) {
    owner = find_owner(document.child("domain").child("metadata"));
  }
  if (!owner) {
    return std::nullopt;
  }
  OwnedInstance found;
  found.id = found.name = owner.attribute("name").as_string();
  found.owner.run_id = owner.attribute("run").as_string();
  found.owner.pid = owner.attribute("pid").as_int();
  found.owner.pid_start = owner.attribute("pid_start").as_ullong();
  if (found.name.empty()) {
    return std::nullopt;
  }
  return found;
}

std::vector<std::filesystem::path> files_from_xml(const std::string& xml) {
  pugi::xml_document document;
  std::vector<std::filesystem::path> files;
  if (!document.load_string(xml.c_str())) {
    return files;
  }
  const auto domain = document.child("domain");
  for (const auto& disk : domain.child("devices").children("disk")) {
    const std::string file = disk.child("source").attribute("file").as_string();
    if (!file.empty()) {
      files.emplace_back(file);
    }
  }
  const std::string vars = domain.child("os").child("nvram").text().as_string();
  if (!vars.empty()) {
    files.emplace_back(vars);
  }
  return files;
}

}  // namespace bench
