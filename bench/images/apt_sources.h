#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The distribution that this machine runs, from /etc/os-release.
struct Distribution {
  std::string id;        ///< "debian"
  std::string codename;  ///< "bookworm"
  std::string version;   ///< "12"
};
Distribution this_distribution();

/// Where the machine itself gets its distribution's packages from.
struct AptSources {
  std::string suite;
  std::string architecture;        ///< "amd64"
  std::vector<std::string> lines;  ///< "deb URI suite component…"
  std::string proxy_conf;          ///< apt's own proxy settings, in apt.conf's syntax
};

/// The format asked of `apt-get indextargets`, which parse_index_targets understands.
extern const char* const kIndexTargetsFormat;

/// Keeps the distribution's own repositories of this release (no third party's, no backports, no proposed).
std::vector<std::string> parse_index_targets(std::string_view text, const Distribution& distribution,
                                             const std::string& architecture);

/// Keeps the lines of `apt-config dump` that say how to reach the network.
std::string parse_proxy_settings(std::string_view apt_config_dump);

/// Asks apt; needs no network. Throws Error{kUnavailable} where apt knows no repository of the distribution.
AptSources read_apt_sources(std::stop_token stop);

}  // namespace bench
