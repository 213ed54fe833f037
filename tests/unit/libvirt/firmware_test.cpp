#include "bench/config.h"

#if BENCH_HAVE_LIBVIRT

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "drivers/libvirt/domain/firmware.h"
#include "tests/support/directory.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class LibvirtFirmware : public testing::Test {
 protected:
  void describe(const std::string& name, const json& description) const {
    const fs::path file = root.path() / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << description.dump();
  }
  void file(const std::string& name) const { (void)root.file(name, 1); }
  [[nodiscard]] std::string found() const {
    try {
      return "/" + find_firmware("q35", root.path()).code.lexically_relative(root.path()).string();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      return error.what();
    }
  }
  /// As openSUSE describes one.
  static json usual(const std::string& code) {
    return {{"interface-types", {"uefi"}},
            {"mapping",
             {{"device", "flash"},
              {"executable", {{"filename", code}, {"format", "raw"}}},
              {"nvram-template", {{"filename", "/usr/share/qemu/vars.bin"}, {"format", "raw"}}}}},
            {"targets", {{{"architecture", "x86_64"}, {"machines", {"pc-i440fx-*", "pc-q35-*"}}}}},
            {"features", {"acpi-s3", "verbose-dynamic"}}};
  }

  test::Directory root;
};

TEST_F(LibvirtFirmware, IsFoundByItsDescription) {
  EXPECT_THAT(found(), testing::HasSubstr("no UEFI firmware"));
  for (const char* name : {"usr/share/qemu/code.bin", "usr/share/qemu/other.bin", "usr/share/qemu/vars.bin"})
    file(name);
  describe("usr/share/qemu/firmware/60-code.json", usual("/usr/share/qemu/code.bin"));
  EXPECT_EQ(found(), "/usr/share/qemu/code.bin");
  describe("usr/share/qemu/firmware/50-other.json", usual("/usr/share/qemu/other.bin"));
  EXPECT_EQ(found(), "/usr/share/qemu/other.bin") << "the lower number comes first";
  describe("etc/qemu/firmware/50-other.json", json::object());
  EXPECT_EQ(found(), "/usr/share/qemu/code.bin") << "an administrator's empty file hides its namesake";
  file("usr/share/OVMF/OVMF_CODE_4M.fd");
  file("usr/share/OVMF/OVMF_VARS_4M.fd");
  EXPECT_EQ(found(), "/usr/share/OVMF/OVMF_CODE_4M.fd")
      << "what is measured where it was known before stays the same";
}

TEST_F(LibvirtFirmware, WhatDoesNotFitIsPassedOver) {
  file("usr/share/qemu/code.bin");
  file("usr/share/qemu/vars.bin");
  const std::string code = "/usr/share/qemu/code.bin";
  const auto refused = [&](const char* pointer, const json& value) {
    json description = usual(code);
    description[json::json_pointer(pointer)] = value;
    describe("usr/share/qemu/firmware/60-code.json", description);
    EXPECT_THAT(found(), testing::HasSubstr("no UEFI firmware")) << pointer << " " << value;
  };
  refused("/features", {"secure-boot", "requires-smm"});
  refused("/features", {"enrolled-keys"});
  refused("/interface-types", {"bios"});
  refused("/interface-types", nullptr);
  refused("/targets/0/architecture", "aarch64");
  refused("/targets/0/machines", {"pc-i440fx-*"});
  refused("/targets", "all");
  refused("/mapping/device", "memory");
  refused("/mapping/mode", "stateless");
  refused("/mapping/executable/format", "qcow2");
  refused("/mapping/executable/filename", "/usr/share/qemu/missing.bin");
  refused("/mapping/nvram-template", nullptr);
  refused("/mapping", 7);
  std::ofstream(root.path() / "usr/share/qemu/firmware/60-code.json") << "no json";
  EXPECT_THAT(found(), testing::HasSubstr("no UEFI firmware"));
  json split = usual(code);
  split["mapping"]["mode"] = "split";
  describe("usr/share/qemu/firmware/60-code.json", split);
  EXPECT_EQ(found(), code);
}

}  // namespace
}  // namespace bench

#endif
