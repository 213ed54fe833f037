#include "bench/images/weigh/package_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>

#include "bench/images/weigh/attribution.h"
#include "bench/images/weigh/package_files.h"

namespace bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string category(const PackageDatabase& packages, const std::string& name) {
  const Category* found = packages.of_package(name);
  return found == nullptr ? "" : std::string(category_name(*found));
}

std::string place(const Attribution& attribution, const std::string& path) {
  return std::string(category_name(attribution.of(path)));
}

constexpr const char* kApk =
    "C:Q1abc=\nP:musl\nV:1.2.5-r0\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\n"
    "R:libc.musl-x86_64.so.1\n\n"
    "P:busybox\nD:so:libc.musl-x86_64.so.1 !other\np:cmd:sh=1\nF:bin\nR:busybox\n\n"
    "P:nginx\nD:so:libpcre2-8.so.0>=1 /bin/sh\nF:usr/sbin\nR:nginx\n\n"
    "P:pcre2\np:so:libpcre2-8.so.0=0.11\nF:usr/lib\nR:libpcre2-8.so.0\n\n"
    "P:openrc\nF:sbin\nR:openrc\n\n"
    "P:python3\nF:usr/bin\nR:python3.12\n\n"
    "P:py3-flask\nD:python3~3.12\nF:usr/lib/python3.12/site-packages/flask\nR:app.py\n\n"
    "P:linux-virt\nF:boot\nR:vmlinuz-virt\n";

TEST(ApkPackages, HaveTheirReasons) {
  const PackageDatabase packages(apk_packages(kApk), Remainder::kApp);
  EXPECT_EQ(category(packages, "musl"), "base");
  EXPECT_EQ(category(packages, "busybox"), "base");
  EXPECT_EQ(category(packages, "nginx"), "dependencies")
      << "what an image has beside the basics is its app's";
  EXPECT_EQ(category(packages, "pcre2"), "dependencies");
  EXPECT_EQ(category(packages, "openrc"), "init");
  EXPECT_EQ(category(packages, "python3"), "python");
  EXPECT_EQ(category(packages, "py3-flask"), "dependencies");
  EXPECT_EQ(category(packages, "linux-virt"), "kernel");
}

TEST(ApkPackages, HaveTheirFiles) {
  PackageFiles files;
  ASSERT_TRUE(PackageFiles::wants("usr/lib/apk/db/installed"));
  files.add("usr/lib/apk/db/installed", kApk);
  const Attribution attribution(files.database(Remainder::kApp), {});
  EXPECT_EQ(files.words(), "apk's list of 8 packages");
  EXPECT_EQ(place(attribution, "lib/ld-musl-x86_64.so.1"), "base");
  EXPECT_EQ(place(attribution, "usr/sbin/nginx"), "dependencies");
  EXPECT_EQ(place(attribution, "lib/apk/db/installed"), "packages");
  EXPECT_EQ(place(attribution, "srv/app"), "other");
  EXPECT_EQ(place(attribution, "app"), "other") << "a file at the top is no part of the skeleton";
  EXPECT_EQ(place(attribution, "proc"), "base");
}

TEST(DpkgPackages, OfAnImageAreItsAppsWhereNothingElseNeedsThem) {
  PackageFiles files;
  files.add("var/lib/dpkg/status",
            "Package: libc6\nStatus: install ok installed\nEssential: yes\n\n"
            "Package: nginx\nStatus: install ok installed\nDepends: libc6, libpcre2-8-0\n\n"
            "Package: libpcre2-8-0\nStatus: install ok installed\n\n"
            "Package: systemd\nStatus: install ok installed\nDepends: libapparmor1\n\n"
            "Package: libapparmor1\nStatus: install ok installed\n");
  const PackageDatabase packages = files.database(Remainder::kApp);
  EXPECT_EQ(category(packages, "nginx"), "dependencies");
  EXPECT_EQ(category(packages, "libpcre2-8-0"), "dependencies");
  EXPECT_EQ(category(packages, "libapparmor1"), "init");
  EXPECT_EQ(category(files.database(Remainder::kMachine), "nginx"), "init");
}

TEST(DpkgPackages, OfADistrolessImageComeOneByOne) {
  PackageFiles files;
  files.add("var/lib/dpkg/status.d/bGliYzY", "Package: libc6\nPriority: required\n");
  files.add("var/lib/dpkg/status.d/bGliYzY.md5sums", "0123  lib/x86_64-linux-gnu/libc.so.6\n");
  files.add("var/lib/dpkg/status.d/tzdata", "Package: tzdata\n");
  const PackageDatabase packages = files.database(Remainder::kApp);
  EXPECT_EQ(category(packages, "libc6"), "base");
  EXPECT_EQ(category(packages, "tzdata"), "dependencies");
  const Category* of_libc = packages.of_path("usr/lib/x86_64-linux-gnu/libc.so.6");
  ASSERT_NE(of_libc, nullptr);
  EXPECT_EQ(*of_libc, Category::kBase);
}

TEST(PackageFiles, WhereThereAreNoneThePlacesDecide) {
  PackageFiles files;
  const Attribution attribution(files.database(Remainder::kApp), {});
  EXPECT_EQ(files.words(), "no list of packages, by places alone");
  EXPECT_EQ(place(attribution, "httpd"), "other");
  EXPECT_EQ(place(attribution, "etc/passwd"), "base");
}

// rpm's database in small: a table of headers, each big-endian counts, an index and the data.
class RpmHeader {
 public:
  RpmHeader& add(std::uint32_t tag, std::vector<std::string> values, bool list = true) {
    entry(tag, list ? 8 : 6, values.size());
    for (const auto& value : values) data_ += value + '\0';
    return *this;
  }
  RpmHeader& add_numbers(std::uint32_t tag, const std::vector<std::uint32_t>& values) {
    entry(tag, 4, values.size());
    for (const auto value : values) data_ += number(value);
    return *this;
  }
  [[nodiscard]] std::string blob() const {
    return number(index_.size() / 16) + number(data_.size()) + index_ + data_;
  }

 private:
  static std::string number(std::size_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
  }
  void entry(std::uint32_t tag, std::uint32_t type, std::size_t count) {
    index_ += number(tag) + number(type) + number(data_.size()) + number(count);
  }
  std::string index_, data_;
};

std::string database_of(const std::vector<std::string>& blobs) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(":memory:", &database), SQLITE_OK);
  sqlite3_exec(database, "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)", nullptr,
               nullptr, nullptr);
  for (const std::string& blob : blobs) {
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(database, "INSERT INTO Packages (blob) VALUES (?)", -1, &insert, nullptr);
    sqlite3_bind_blob(insert, 1, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
    EXPECT_EQ(sqlite3_step(insert), SQLITE_DONE);
    sqlite3_finalize(insert);
  }
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(database, "main", &size, 0);
  std::string result(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  sqlite3_free(bytes);
  sqlite3_close(database);
  result[18] = result[19] = 2;  // as rpm leaves it: with a log of changes beside it
  return result;
}

std::string small_rpm_database() {
  return database_of({RpmHeader()
                          .add(1000, {"glibc"}, false)
                          .add(1047, {"glibc", "libc.so.6()(64bit)"})
                          .add_numbers(1116, {0})
                          .add(1117, {"libc.so.6"})
                          .add(1118, {"/usr/lib64/"})
                          .blob(),
                      RpmHeader()
                          .add(1000, {"nginx"}, false)
                          .add(1049, {"libc.so.6()(64bit)", "/usr/share/mime"})
                          .add_numbers(1116, {0, 1})
                          .add(1117, {"nginx", "nginx.conf"})
                          .add(1118, {"/usr/sbin/", "/etc/nginx/"})
                          .blob(),
                      RpmHeader()
                          .add(1000, {"mime"}, false)
                          .add_numbers(1116, {0})
                          .add(1117, {"mime"})
                          .add(1118, {"/usr/share/"})
                          .blob(),
                      "damaged"});
}

TEST(RpmPackages, HaveTheirReasonsAndFiles) {
  PackageFiles files;
  ASSERT_TRUE(PackageFiles::wants("var/lib/rpm/rpmdb.sqlite"));
  files.add("usr/lib/sysimage/rpm/rpmdb.sqlite", small_rpm_database());
  const Attribution attribution(files.database(Remainder::kApp), {});
  EXPECT_EQ(files.words(), "rpm's list of 3 packages");
  EXPECT_EQ(place(attribution, "usr/lib64/libc.so.6"), "base");
  EXPECT_EQ(place(attribution, "usr/sbin/nginx"), "dependencies");
  EXPECT_EQ(place(attribution, "etc/nginx/nginx.conf"), "dependencies");
  EXPECT_EQ(place(attribution, "usr/lib/sysimage/rpm/rpmdb.sqlite"), "packages");
}

TEST(RpmPackages, NeedFilesOfOthersByTheirPath) {
  const auto packages = rpm_packages(small_rpm_database());
  ASSERT_EQ(packages.size(), 3U);
  EXPECT_THAT(packages[1].needs,
              ElementsAre(ElementsAre("libc.so.6()(64bit)"), ElementsAre("/usr/share/mime")));
  EXPECT_THAT(packages[2].provides, ElementsAre("/usr/share/mime"));
}

TEST(RpmPackages, OfWhatIsNoDatabaseThereAreNone) {
  EXPECT_THAT(rpm_packages(""), IsEmpty());
  EXPECT_THAT(rpm_packages(std::string(4096, 'x')), IsEmpty());
  std::string cut = small_rpm_database();
  cut.resize(cut.size() / 2);
  EXPECT_LE(rpm_packages(cut).size(), 3U);
}

TEST(RpmPackages, CountsThatDoNotFitAreNotBelieved) {
  const std::string many("\x7f\xff\xff\xff\x7f\xff\xff\xff", 8);
  std::string wild = RpmHeader().add(1000, {"wild"}, false).blob();
  std::fill(wild.begin() + 16, wild.begin() + 20, '\x7f');  // an offset far outside
  EXPECT_THAT(rpm_packages(database_of({many, wild})), IsEmpty());
}

}  // namespace
}  // namespace bench
