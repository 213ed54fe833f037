#include "bench/config.h"

#if BENCH_HAVE_LIBVIRT

#include <gtest/gtest.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <memory>
#include <pugixml.hpp>

#include "bench/base/error.h"
#include "drivers/libvirt/domain/domain_xml.h"

namespace bench {
namespace {

DomainSpec direct_guest() {
  DomainSpec spec;
  spec.name = "bench-a-1";
  spec.title = "bench: direct";
  spec.owner = {"run-7", 4242, 987654321};
  spec.nonce = "n0nce";
  spec.cpus = 2;
  spec.memory_bytes = std::int64_t{512} << 20;
  spec.disk = "/state/overlays/bench-a-1.qcow2";
  spec.kernel = "/cache/vmlinuz";
  spec.initrd = "/cache/initrd";
  spec.cmdline = "console=ttyS0 root=/dev/vda";
  spec.host_port = 40123;
  spec.guest_port = 4567;
  return spec;
}

pugi::xml_document parsed(const DomainSpec& spec) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(domain_xml(spec).c_str()));
  return document;
}

std::string at(const pugi::xml_document& document, const char* path) {
  const auto found = document.select_node(path);
  return found.attribute() ? found.attribute().value() : found.node().text().as_string();
}

std::string rejection(const DomainSpec& spec) {
  try {
    domain_xml(spec);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "";
}

TEST(DomainXml, DirectGuest) {
  const auto document = parsed(direct_guest());
  EXPECT_EQ(at(document, "/domain/@type"), "qemu");
  EXPECT_EQ(at(document, "/domain/name"), "bench-a-1");
  EXPECT_EQ(at(document, "/domain/memory"), "536870912");
  EXPECT_EQ(at(document, "/domain/memory/@unit"), "b");
  EXPECT_EQ(at(document, "/domain/vcpu"), "2");
  EXPECT_EQ(at(document, "/domain/os/kernel"), "/cache/vmlinuz");
  EXPECT_EQ(at(document, "/domain/os/initrd"), "/cache/initrd");
  EXPECT_EQ(at(document, "/domain/os/cmdline"), "console=ttyS0 root=/dev/vda");
  EXPECT_EQ(at(document, "/domain/os/type/@machine"), "q35");
  EXPECT_EQ(at(document, "/domain/devices/disk/source/@file"), "/state/overlays/bench-a-1.qcow2");
  EXPECT_EQ(at(document, "/domain/devices/disk/target/@bus"), "virtio");
  EXPECT_EQ(at(document, "/domain/devices/serial/@type"), "pty");
  EXPECT_EQ(at(document, "/domain/on_reboot"), "destroy");
  EXPECT_TRUE(at(document, "/domain/os/loader").empty());
}

TEST(DomainXml, VariablesComeOnASecondDiskAndNeverInTheXml) {
  DomainSpec spec = direct_guest();
  spec.env = {{"API_KEY", "s3cret"}};
  spec.variables = "/state/overlays/bench-a-1.env";
  const auto document = parsed(spec);
  EXPECT_EQ(at(document, "/domain/devices/disk[2]/source/@file"), "/state/overlays/bench-a-1.env");
  EXPECT_EQ(at(document, "/domain/devices/disk[2]/target/@dev"), "vdb");
  EXPECT_TRUE(document.select_node("/domain/devices/disk[2]/readonly"));
  EXPECT_EQ(domain_xml(spec).find("s3cret"), std::string::npos);
  EXPECT_EQ(domain_xml(spec).find("API_KEY"), std::string::npos);
}

TEST(DomainXml, TheNonceIsTheSerialNumber) {
  const auto document = parsed(direct_guest());
  EXPECT_EQ(at(document, "/domain/sysinfo[@type='smbios']/system/entry[@name='serial']"), "n0nce");
  EXPECT_EQ(at(document, "/domain/os/smbios/@mode"), "sysinfo");
}

TEST(DomainXml, TheForwardListensOnLoopbackOnly) {
  const auto document = parsed(direct_guest());
  std::vector<std::string> arguments;
  for (const auto& found : document.select_nodes("/domain/*[name()='qemu:commandline']/*/@value")) {
    arguments.emplace_back(found.attribute().value());
  }
  ASSERT_EQ(arguments.size(), 4U);
  EXPECT_EQ(arguments[1], "user,id=bench0,hostfwd=tcp:127.0.0.1:40123-:4567");
  EXPECT_NE(arguments[3].find("addr=0x10"), std::string::npos);

  DomainSpec offline = direct_guest();
  offline.host_port = 0;
  EXPECT_FALSE(parsed(offline).select_node("/domain/*[name()='qemu:commandline']"));
}

TEST(DomainXml, PasstForwardsWhereItIsChosen) {
  DomainSpec spec = direct_guest();
  spec.network = GuestNetwork::kPasst;
  const auto document = parsed(spec);
  EXPECT_FALSE(document.select_node("/domain/*[name()='qemu:commandline']"));
  EXPECT_EQ(at(document, "/domain/devices/interface/@type"), "user");
  EXPECT_EQ(at(document, "/domain/devices/interface/backend/@type"), "passt");
  EXPECT_EQ(at(document, "/domain/devices/interface/portForward/@address"), "127.0.0.1");
  EXPECT_EQ(at(document, "/domain/devices/interface/portForward/range/@start"), "40123");
  EXPECT_EQ(at(document, "/domain/devices/interface/portForward/range/@to"), "4567");
  EXPECT_EQ(at(document, "/domain/devices/interface/ip/@address"), "10.0.2.15") << "the direct profile's own";
  EXPECT_EQ(at(document, "/domain/devices/interface/address/@slot"), "0x10");
  spec.host_port = 0;
  EXPECT_FALSE(parsed(spec).select_node("/domain/devices/interface"));
}

TEST(DomainXml, FullGuestBootsFromItsDiskThroughFirmware) {
  DomainSpec spec = direct_guest();
  spec.kernel.clear();
  spec.initrd.clear();
  spec.firmware = "/usr/share/OVMF/OVMF_CODE.fd";
  spec.firmware_vars = "/state/overlays/bench-a-1.fd";
  const auto document = parsed(spec);
  EXPECT_EQ(at(document, "/domain/os/loader"), "/usr/share/OVMF/OVMF_CODE.fd");
  EXPECT_EQ(at(document, "/domain/os/loader/@readonly"), "yes");
  EXPECT_EQ(at(document, "/domain/os/nvram"), "/state/overlays/bench-a-1.fd");
  EXPECT_EQ(at(document, "/domain/devices/disk/boot/@order"), "1");
  EXPECT_FALSE(document.select_node("/domain/os/kernel"));
  EXPECT_FALSE(document.select_node("/domain/os/cmdline"));
}

TEST(DomainXml, TheDiskBelowTheOverlayIsNamedAndIsNoFileOfTheGuests) {
  DomainSpec spec = direct_guest();
  EXPECT_FALSE(parsed(spec).select_node("/domain/devices/disk/backingStore"));
  spec.disk_base = "/cache/direct.qcow2";
  const auto document = parsed(spec);
  EXPECT_EQ(at(document, "/domain/devices/disk/backingStore[@type='file']/source/@file"),
            "/cache/direct.qcow2");
  EXPECT_EQ(at(document, "/domain/devices/disk/backingStore/format/@type"), "qcow2");
  EXPECT_TRUE(document.select_node("/domain/devices/disk/backingStore/backingStore[not(*)]"));
  EXPECT_EQ(files_from_xml(domain_xml(spec)), std::vector<std::filesystem::path>{spec.disk})
      << "what is removed with the guest";
}

TEST(DomainXml, CpuFeaturesThatTheHostRefusesAreSwitchedOff) {
  DomainSpec spec = direct_guest();
  spec.type = "kvm";
  spec.cpu = {"host-passthrough", "", {"arch-capabilities"}};
  EXPECT_EQ(at(parsed(spec), "/domain/cpu/feature[@policy='disable']/@name"), "arch-capabilities");
  spec.cpu = {"custom", "kvm64", {}};
  EXPECT_EQ(at(parsed(spec), "/domain/cpu/model"), "kvm64");
}

TEST(DomainXml, RunsAsTheUserWhoOwnsTheFiles) {
  DomainSpec spec = direct_guest();
  EXPECT_FALSE(parsed(spec).select_node("/domain/seclabel"));
  spec.run_as = {1000, 1001};
  EXPECT_EQ(at(parsed(spec), "/domain/seclabel[@model='dac']/label"), "+1000:+1001");
}

TEST(DomainXml, HostileTextsStayTexts) {
  DomainSpec spec = direct_guest();
  const std::string hostile = "</title><devices><disk/></devices>&amp;\"'<!-- ]]> é";
  spec.title = spec.description = spec.cmdline = spec.nonce = spec.owner.run_id = hostile;
  spec.disk = "/tmp/a\"b' & <c>.qcow2";
  const auto document = parsed(spec);
  EXPECT_EQ(at(document, "/domain/title"), hostile);
  EXPECT_EQ(at(document, "/domain/description"), hostile);
  EXPECT_EQ(at(document, "/domain/os/cmdline"), hostile);
  EXPECT_EQ(at(document, "/domain/devices/disk/source/@file"), spec.disk.string());
  EXPECT_EQ(document.select_nodes("//devices").size(), 1U);
  const auto owner = owner_from_xml(domain_xml(spec));
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->owner.run_id, hostile);
}

TEST(DomainXml, ControlCharactersAreRefusedByName) {
  DomainSpec spec = direct_guest();
  spec.nonce = "a\x01";
  EXPECT_NE(rejection(spec).find("nonce"), std::string::npos);
  spec = direct_guest();
  spec.title = "two\nlines";
  EXPECT_NE(rejection(spec).find("title"), std::string::npos);
}

TEST(DomainXml, TheLabelComesBack) {
  const auto owner = owner_from_xml(domain_xml(direct_guest()));
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->id, "bench-a-1");
  EXPECT_EQ(owner->owner.run_id, "run-7");
  EXPECT_EQ(owner->owner.pid, 4242);
  EXPECT_EQ(owner->owner.pid_start, 987654321U);
}

TEST(DomainXml, OthersHaveNoLabelOfOurs) {
  EXPECT_FALSE(owner_from_xml("<domain><name>bench-x</name></domain>"));
  EXPECT_FALSE(owner_from_xml("<owner xmlns='urn:other' name='x'/>"));
  EXPECT_FALSE(owner_from_xml("not xml"));
  EXPECT_FALSE(owner_from_xml(""));
}

struct CloseConnection {
  void operator()(virConnect* connection) const { virConnectClose(connection); }
};
struct FreeDomain {
  void operator()(virDomain* domain) const { virDomainFree(domain); }
};

TEST(DomainXml, IsValidByLibvirtsSchemaAndKeepsTheLabel) {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  const std::unique_ptr<virConnect, CloseConnection> connection(virConnectOpen("test:///default"));
  ASSERT_TRUE(connection) << virGetLastErrorMessage();
  DomainSpec spec = direct_guest();
  spec.type = "test";
  spec.disk_base = "/cache/direct.qcow2";
  const std::unique_ptr<virDomain, FreeDomain> domain(
      virDomainDefineXMLFlags(connection.get(), domain_xml(spec).c_str(), VIR_DOMAIN_DEFINE_VALIDATE));
  ASSERT_TRUE(domain) << virGetLastErrorMessage();
  char* label = virDomainGetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT, kOwnerNamespace, 0);
  ASSERT_NE(label, nullptr) << virGetLastErrorMessage();
  const auto owner = owner_from_xml(label);
  std::free(label);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->name, "bench-a-1");
  EXPECT_EQ(owner->owner.pid, 4242);
}

TEST(DomainXml, WithPasstItIsValidByTheSchemasThatKnowIt) {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  const std::unique_ptr<virConnect, CloseConnection> connection(virConnectOpen("test:///default"));
  ASSERT_TRUE(connection) << virGetLastErrorMessage();
  DomainSpec spec = direct_guest();
  spec.type = "test";
  spec.network = GuestNetwork::kPasst;
  const std::unique_ptr<virDomain, FreeDomain> domain(
      virDomainDefineXMLFlags(connection.get(), domain_xml(spec).c_str(), VIR_DOMAIN_DEFINE_VALIDATE));
  unsigned long version = 0;
  ASSERT_EQ(virGetVersion(&version, nullptr, nullptr), 0);
  if (!domain) {
    EXPECT_LT(version, 9'002'000U) << virGetLastErrorMessage();  // Debian 12 takes it out of its 9.0
  }
}

}  // namespace
}  // namespace bench

#endif
