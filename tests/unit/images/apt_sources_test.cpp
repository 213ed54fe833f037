#include "bench/images/build/apt_sources.h"

#include <gtest/gtest.h>

#include "bench/base/error.h"
#include "temp_dir.h"

namespace bench {
namespace {

using Words = std::vector<std::string>;

TEST(AptSources, OnlyTheDistributionsOwnRepositoriesOfThisRelease) {
  const std::string text =
      "Packages|deb|amd64|Debian|bookworm|stable|http://mirror/debian/|main\n"
      "Packages|deb|amd64|Debian|bookworm|stable|http://mirror/debian/|contrib\n"
      "Translations|deb||Debian|bookworm|stable|http://mirror/debian/|main\n"
      "Sources|deb-src||Debian|bookworm|stable|http://mirror/debian/|main\n"
      "Packages|deb|i386|Debian|bookworm|stable|http://mirror/debian/|main\n"
      "Packages|deb|amd64|Debian|bookworm-security|bookworm-security|http://sec/|main\n"
      "Packages|deb|amd64|Debian Backports|bookworm-backports|bookworm-backports|http://mirror/debian/|main\n"
      "Packages|deb|amd64|Debian|bookworm-proposed-updates|bookworm-proposed-updates|http://mirror/debian/"
      "|main\n"
      "Packages|deb|amd64|Debian|trixie|trixie|http://mirror/debian/|main\n"
      "Packages|deb|amd64|Docker|bookworm|bookworm|http://third/|stable\n";
  EXPECT_EQ(
      parse_index_targets(text, {"debian", "bookworm", "12"}, "amd64"),
      (Words{"deb http://mirror/debian/ stable contrib main", "deb http://sec/ bookworm-security main"}));
}

TEST(AptSources, UbuntusPocketsShareACodename) {
  const std::string text =
      "Packages|deb|amd64|Ubuntu|noble|noble|http://m/ubuntu/|main\n"
      "Packages|deb|amd64|Ubuntu|noble|noble|http://m/ubuntu/|universe\n"
      "Packages|deb|amd64|Ubuntu|noble|noble-updates|http://m/ubuntu/|main\n"
      "Packages|deb|amd64|Ubuntu|noble|noble-backports|http://m/ubuntu/|main\n"
      "Packages|deb|amd64|LP-PPA-x|noble|noble|http://ppa/|main\n";
  EXPECT_EQ(parse_index_targets(text, {"ubuntu", "noble", "24.04"}, "amd64"),
            (Words{"deb http://m/ubuntu/ noble main universe", "deb http://m/ubuntu/ noble-updates main"}));
}

TEST(AptSources, ADerivativeThatNamesItsBaseCountsAsTheBase) {
  const auto mint = parse_os_release(
      "ID=linuxmint\nID_LIKE=\"ubuntu "
      "debian\"\nVERSION_ID=\"22\"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n");
  EXPECT_EQ(mint.id, "ubuntu");
  EXPECT_EQ(mint.codename, "noble");
  EXPECT_EQ(mint.version, "");
  const auto lmde =
      parse_os_release("ID=linuxmint\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n");
  EXPECT_EQ(lmde.id, "debian");
  EXPECT_EQ(lmde.codename, "bookworm");
  const auto ubuntu =
      parse_os_release("ID='ubuntu'\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n");
  EXPECT_EQ(ubuntu.id, "ubuntu");
  EXPECT_EQ(ubuntu.version, "24.04");
  EXPECT_EQ(parse_os_release("ID=kali\nID_LIKE=debian\nVERSION_CODENAME=kali-rolling\n").id, "kali");
}

TEST(AptSources, SidTakesItsReleaseFromApt) {
  const std::string text =
      "Packages|deb|amd64|Docker|trixie|trixie|http://third/|stable\n"
      "Packages|deb|amd64|Debian|rc-buggy|experimental|http://m/|main\n"
      "Packages|deb|amd64|Debian|sid|unstable|http://m/|main\n";
  EXPECT_EQ(codename_of_targets(text, {"debian", "", ""}), "sid");
  EXPECT_EQ(codename_of_targets(text, {"ubuntu", "", ""}), "");
}

TEST(AptSources, WhatOnlyThisMachineHasIsLeftOut) {
  const std::string text =
      "Packages|deb|amd64|Debian|bookworm|bookworm|cdrom:[Debian 12]/|main\n"
      "Packages|deb|amd64|Debian|bookworm|bookworm|file:/srv/debian/|main\n"
      "Packages|deb|amd64|Debian|bookworm|bookworm|http://m/|main\n";
  EXPECT_EQ(parse_index_targets(text, {"debian", "bookworm", "12"}, "amd64"),
            (Words{"deb http://m/ bookworm main"}));
}

TEST(AptSources, AMirrorListIsResolvedHere) {
  const test::TempDir dir;
  dir.write("list", "# comment\n\nhttps://one/debian\tpriority:1\nhttps://two/debian\n");
  dir.write("none", "ftp://old/\n");
  const std::string path = (dir.path() / "list").string();
  EXPECT_EQ(address_of("mirror+file:" + path + "/"), "https://one/debian");
  EXPECT_EQ(address_of("mirror+file://" + path), "https://one/debian");
  EXPECT_EQ(address_of("http://m/debian/"), "http://m/debian/");
  EXPECT_THROW(address_of("mirror+file:" + (dir.path() / "none").string()), Error);
}

TEST(AptSources, OnlyTheKeysOfTheirOwnSourcesAreTaken) {
  const std::string text =
      "Types: deb\n# why\nURIs: http://a/debian http://b/debian\nSuites: x\nSigned-By: /keys/ab.gpg\n\n"
      "Types: deb\nURIs: http://third/\nSigned-By: /keys/third.gpg\n\n"
      "Types: deb\nURIs: http://inline\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abcd\n"
      " -----END PGP PUBLIC KEY BLOCK-----\n\n"
      "deb [arch=amd64 signed-by=/keys/one.gpg,/keys/two.asc] http://list/debian x main\n"
      "deb [signed-by=/keys/no.gpg] http://third/ x main\n";
  EXPECT_EQ(parse_signed_by(text, {"http://b/debian/", "http://inline/", "http://list/debian/"}),
            (Words{"/keys/ab.gpg",
                   "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----",
                   "/keys/one.gpg", "/keys/two.asc"}));
}

TEST(AptSources, ProxySettingsAreKept) {
  const std::string dump =
      "APT::Architecture \"amd64\";\nAcquire::http \"\";\nAcquire::http::Proxy \"http://proxy:3128\";\n"
      "Acquire::http::Proxy::host \"DIRECT\";\nAcquire::http::Proxy-Auto-Detect \"/usr/bin/detect\";\n"
      "Acquire::https::Proxy \"\";\n";
  EXPECT_EQ(parse_proxy_settings(dump),
            "Acquire::http::Proxy \"http://proxy:3128\";\nAcquire::http::Proxy::host \"DIRECT\";\n");
}

}  // namespace
}  // namespace bench
