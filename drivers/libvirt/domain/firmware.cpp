#include "drivers/libvirt/domain/firmware.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/base/error.h"
#include "bench/base/files.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

json part(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() ? *found : json();
}

bool holds(const json& array, const std::vector<std::string>& wanted) {
  return array.is_array() && std::any_of(array.begin(), array.end(), [&](const json& value) {
           return value.is_string() &&
                  std::find(wanted.begin(), wanted.end(), value.get<std::string>()) != wanted.end();
         });
}

bool boots(const json& targets, const std::string& machine) {
  const std::string versions = machine == "pc" ? "pc-i440fx-*" : "pc-q35-*";
  return targets.is_array() && std::any_of(targets.begin(), targets.end(), [&](const json& target) {
           return part(target, "architecture") == "x86_64" &&
                  holds(part(target, "machines"), {versions, machine, "*"});
         });
}

fs::path raw_file(const json& mapping, const char* key, const fs::path& sysroot) {
  const json file = part(mapping, key);
  const json name = part(file, "filename");
  if (part(file, "format") != "raw" || !name.is_string()) return {};
  const fs::path path = sysroot / fs::path(name.get<std::string>()).relative_path();
  return fs::exists(path) ? path : fs::path();
}

/// docs/interop/firmware.json of QEMU.
std::optional<Firmware> described(const json& description, const fs::path& sysroot,
                                  const std::string& machine) {
  const json mapping = part(description, "mapping");
  const json mode = part(mapping, "mode");
  if (!holds(part(description, "interface-types"), {"uefi"}) || part(mapping, "device") != "flash" ||
      (!mode.is_null() && mode != "split") || !boots(part(description, "targets"), machine) ||
      holds(part(description, "features"), {"secure-boot", "enrolled-keys", "requires-smm"})) {
    return std::nullopt;
  }
  Firmware firmware{raw_file(mapping, "executable", sysroot), raw_file(mapping, "nvram-template", sysroot)};
  if (firmware.code.empty() || firmware.variables.empty()) return std::nullopt;
  return firmware;
}

/// By name: the order in which QEMU wants them tried. A file in /etc hides its namesake.
std::optional<Firmware> described_firmware(const fs::path& sysroot, const std::string& machine) {
  std::map<std::string, fs::path> files;
  for (const char* dir : {"usr/share/qemu/firmware", "etc/qemu/firmware"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(sysroot / dir, error)) {
      if (entry.path().extension() == ".json") files[entry.path().filename()] = entry.path();
    }
  }
  for (const auto& [name, file] : files) {
    if (auto found = described(json::parse(file_text(file), nullptr, false), sysroot, machine)) return found;
  }
  return std::nullopt;
}

}  // namespace

Firmware find_firmware(const std::string& machine, const fs::path& sysroot) {
  static constexpr const char* kPairs[][2] = {
      {"usr/share/OVMF/OVMF_CODE_4M.fd", "usr/share/OVMF/OVMF_VARS_4M.fd"},          // Debian, Ubuntu
      {"usr/share/OVMF/OVMF_CODE.fd", "usr/share/OVMF/OVMF_VARS.fd"},                // older ones
      {"usr/share/edk2/ovmf/OVMF_CODE.fd", "usr/share/edk2/ovmf/OVMF_VARS.fd"},      // Fedora
      {"usr/share/edk2/x64/OVMF_CODE.4m.fd", "usr/share/edk2/x64/OVMF_VARS.4m.fd"},  // Arch
  };
  for (const auto& pair : kPairs) {
    const Firmware firmware{sysroot / pair[0], sysroot / pair[1]};
    if (fs::exists(firmware.code) && fs::exists(firmware.variables)) return firmware;
  }
  if (auto found = described_firmware(sysroot, machine)) return *found;
  throw Error(ErrorCode::kUnavailable, "no UEFI firmware for virtual machines was found",
              "install it (Debian, Ubuntu: apt-get install ovmf), or measure the profile 'direct'");
}

}  // namespace bench
