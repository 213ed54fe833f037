#include "bench/images/apt_sources.h"

#include <gtest/gtest.h>

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
