#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/images/weigh/packages.h"

namespace bench {

/// The installed packages of dpkg, with the files that `lists` gives them; as for PackageDatabase.
std::vector<InstalledPackage> dpkg_packages(std::string_view status,
                                            const std::map<std::string, std::string>& lists);

/// Those of apk: /lib/apk/db/installed.
std::vector<InstalledPackage> apk_packages(std::string_view installed);

/// Those of rpm: the bytes of rpmdb.sqlite. Empty where they are none, and for what is damaged in them.
std::vector<InstalledPackage> rpm_packages(std::string database);

}  // namespace bench
