#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The distribution whose packages this machine runs, from /etc/os-release: a derivative that names its
/// base's release (Linux Mint, Pop!_OS, LMDE) counts as the base.
struct Distribution {
  std::string id;        ///< "debian"
  std::string codename;  ///< "bookworm"
  std::string version;   ///< "12"; empty for a derivative, which has a number of its own
};
Distribution parse_os_release(std::string_view text);
Distribution this_distribution();

/// Where the machine itself gets its distribution's packages from.
struct AptSources {
  std::string suite;
  std::string architecture;                 ///< "amd64"
  std::vector<std::string> lines;           ///< "deb URI suite component…"
  std::string proxy_conf;                   ///< apt's own proxy settings, in apt.conf's syntax
  std::map<std::string, std::string> keys;  ///< file name and contents: those that only the sources name
};

/// The format asked of `apt-get indextargets`, which parse_index_targets understands.
extern const char* const kIndexTargetsFormat;

/// Keeps the distribution's own repositories of this release (no third party's, no backports, no proposed).
std::vector<std::string> parse_index_targets(std::string_view text, const Distribution& distribution,
                                             const std::string& architecture);

/// The release that apt installs from where os-release names another one or none, as on Debian sid: the first
/// of the distribution's that is a whole one. Empty where there is none.
std::string codename_of_targets(std::string_view text, const Distribution& distribution);

/// The address in a source line, without apt's detour by a list of mirrors in a file: that list is not in the
/// image. Throws kUnavailable where the list has none.
std::string address_of(const std::string& uri);

/// What the sources' Signed-By and [signed-by=…] say for these addresses: a file's path, or a key itself.
std::vector<std::string> parse_signed_by(std::string_view text, const std::vector<std::string>& uris);

/// Keeps the lines of `apt-config dump` that say how to reach the network.
std::string parse_proxy_settings(std::string_view apt_config_dump);

/// Asks apt; needs no network. Throws Error{kUnavailable} where apt knows no repository of the distribution.
AptSources read_apt_sources(std::stop_token stop);

}  // namespace bench
