#include "bench/images/weigh/attribution.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

/// A system in small: what matters of Debian's packages and of what lies about without one.
constexpr const char* kStatus = R"(Package: base-files
Essential: yes
Status: install ok installed
Priority: required
Section: admin
Pre-Depends: awk

Package: mawk
Status: install ok installed
Provides: awk
Section: utils
Depends: libc6 (>= 2.34)

Package: libc6
Status: install ok installed
Section: libs

Package: apt
Status: install ok installed
Depends: libsystemd0, not-there

Package: libsystemd0
Status: install ok installed

Package: python3
Status: install ok installed
Section: python
Depends: python3-minimal (= 3.11), libpython3-stdlib, not-there | mawk

Package: python3-minimal
Status: install ok installed
Section: python

Package: libpython3-stdlib
Status: install ok installed
Section: python

Package: python3-flask
Status: install ok installed
Section: python
Depends: python3:any, python3-werkzeug, libjs-bootstrap

Package: python3-werkzeug
Status: install ok installed

Package: libjs-bootstrap
Status: install ok installed
Description: a continued
 Depends: nothing, this is text

Package: systemd
Status: install ok installed
Depends: libsystemd0, libapparmor1

Package: libapparmor1
Status: install ok installed

Package: linux-image-6.1
Status: install ok installed
Section: kernel

Package: gone
Status: deinstall ok config-files
)";

Attribution small_system() {
  const std::map<std::string, std::string> lists = {
      {"base-files.list", "/.\n/usr\n/usr/share\n/usr/share/doc/base-files/copyright\n/etc/debian_version\n"},
      {"libc6:amd64.list", "/lib\n/lib/x86_64-linux-gnu/libc.so.6\n/usr/share\n"},
      {"libsystemd0:amd64.list", "/usr/lib/x86_64-linux-gnu/libsystemd.so.0\n"},
      {"python3-minimal.list", "/usr/bin/python3\n/usr/lib/python3/dist-packages/README\n"},
      {"libpython3-stdlib.list", "/usr/lib/python3.11/json/__init__.py\n"},
      {"python3-flask.list",
       "/usr/lib/python3/dist-packages/flask\n"
       "/usr/lib/python3/dist-packages/flask/app.py\n/usr/share\n"},
      {"libjs-bootstrap.list", "/usr/share/javascript/bootstrap.js\n"},
      {"systemd.list", "/lib/systemd/systemd\n/lib/systemd/boot/efi/systemd-bootx64.efi\n"},
      {"libapparmor1:amd64.list", "/usr/lib/x86_64-linux-gnu/libapparmor.so.1\n"},
      {"linux-image-6.1.list", "/boot/vmlinuz-6.1\n/lib/modules/6.1/kernel/ext4.ko\n/usr/share/linux\n"},
  };
  return Attribution(PackageDatabase(kStatus, lists), {"backend-flask/app.py", "opt/bench/bench_probe.py"});
}

TEST(PackageDatabase, APackageIsThereForTheFirstThatNeedsIt) {
  const PackageDatabase packages(kStatus, {});
  const std::map<std::string, Category> expected = {{"base-files", Category::kBase},
                                                    {"mawk", Category::kBase},
                                                    {"libc6", Category::kBase},
                                                    {"apt", Category::kBase},
                                                    {"libsystemd0", Category::kBase},
                                                    {"python3", Category::kPython},
                                                    {"libpython3-stdlib", Category::kPython},
                                                    {"python3-flask", Category::kDependencies},
                                                    {"python3-werkzeug", Category::kDependencies},
                                                    {"libjs-bootstrap", Category::kDependencies},
                                                    {"systemd", Category::kInit},
                                                    {"libapparmor1", Category::kInit},
                                                    {"linux-image-6.1", Category::kKernel}};
  for (const auto& [name, category] : expected) {
    const Category* found = packages.of_package(name);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(category_name(*found), category_name(category)) << name;
  }
  EXPECT_EQ(packages.of_package("gone"), nullptr) << "its files were removed";
}

TEST(Attribution, EveryFileHasItsPlace) {
  const Attribution attribution = small_system();
  const std::map<std::string, Category> expected = {
      {"usr/lib/x86_64-linux-gnu/libc.so.6", Category::kBase},
      {"./lib/x86_64-linux-gnu/libc.so.6", Category::kBase},
      {"usr/share", Category::kBase},
      {"usr/share/doc/base-files/copyright", Category::kDocs},
      {"usr/share/doc/linux-image-6.1/changelog.gz", Category::kDocs},
      {"usr/share/locale/de/LC_MESSAGES/x.mo", Category::kDocs},
      {"usr/share/doctor", Category::kOther},
      {"var/lib/dpkg/status", Category::kPackages},
      {"var/lib/dpkg/info/apt.list", Category::kPackages},
      {"usr/bin/python3", Category::kPython},
      {"usr/lib/python3.11/json/__init__.py", Category::kPython},
      {"usr/lib/python3.11/json/__pycache__/__init__.cpython-311.pyc", Category::kPython},
      {"usr/lib/python3/dist-packages/flask/app.py", Category::kDependencies},
      {"usr/lib/python3/dist-packages/flask/__pycache__/app.cpython-311.pyc", Category::kDependencies},
      {"usr/lib/python3/dist-packages/flask/__pycache__", Category::kDependencies},
      {"usr/share/javascript/bootstrap.js", Category::kDependencies},
      {"usr/lib/systemd/systemd", Category::kInit},
      {"usr/lib/systemd/boot/efi/systemd-bootx64.efi", Category::kFirmware},
      {"etc/systemd/system/backend-flask.service", Category::kInit},
      {"boot/vmlinuz-6.1", Category::kKernel},
      {"boot/initrd.img-6.1", Category::kKernel},
      {"usr/lib/modules/6.1/kernel/ext4.ko", Category::kModules},
      {"usr/share/linux", Category::kKernel},
      {"backend-flask/app.py", Category::kApp},
      {"opt/bench/bench_probe.py", Category::kApp},
      {"opt/bench/busybox", Category::kInit},
      {"etc/ld.so.cache", Category::kBase},
      {"lost+found", Category::kFilesystem},
      {"srv/left/by/somebody", Category::kOther},
  };
  for (const auto& [path, category] : expected) {
    EXPECT_EQ(category_name(attribution.of(path)), category_name(category)) << path;
  }
}

TEST(Attribution, ARegistrysPythonIsKnownByItsPlace) {
  const Attribution attribution(PackageDatabase(), {});
  const std::map<std::string, Category> expected = {
      {"usr/local/bin/python3.10", Category::kPython},
      {"usr/local/bin/flask", Category::kDependencies},
      {"usr/local/lib/libpython3.10.so.1.0", Category::kPython},
      {"usr/local/lib/python3.10/json/decoder.py", Category::kPython},
      {"usr/local/lib/python3.10/site-packages/pip/__init__.py", Category::kPython},
      {"usr/local/lib/python3.10/site-packages/pip-23.0.dist-info/RECORD", Category::kPython},
      {"usr/local/lib/python3.10/site-packages/flask/app.py", Category::kDependencies},
  };
  for (const auto& [path, category] : expected) {
    EXPECT_EQ(category_name(attribution.of(path)), category_name(category)) << path;
  }
}

TEST(PlainPath, OneNamePerFile) {
  EXPECT_EQ(plain_path("./"), "");
  EXPECT_EQ(plain_path("/."), "");
  EXPECT_EQ(plain_path("./bin/sh"), "usr/bin/sh");
  EXPECT_EQ(plain_path("/lib64/"), "usr/lib64");
  EXPECT_EQ(plain_path("library/x"), "library/x");
}

}  // namespace
}  // namespace bench
