#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/images/app/requirements.h"

namespace bench {

/// The version of the distribution's own Python ("3.11"); empty where neither the machine nor apt knows one.
std::string distribution_python();

/// Rows of `apt-cache policy`: the packages that there is something to install of.
std::vector<std::string> parse_policy(std::string_view text);

/// Requirements that none of these packages fulfils and that the app does not run without.
std::vector<Requirement> lacking(const std::vector<Requirement>& requirements,
                                 const std::vector<std::string>& packages);

/// Throws Error{kUnavailable} that names all of them at once, each with its line. Asks apt on this machine,
/// so that it is known before anything is built. Silent where apt has no lists: then the build finds out.
void require_packages(const std::vector<Requirement>& requirements, std::stop_token stop);

/// One line a project, as dependencies.sh reads it: name, whether the app runs without it, packages to choose
/// from.
std::string wanted_rows(const std::vector<Requirement>& requirements);

/// What dependencies.sh says is installed: "name version" a line, the version "-" where it is not known.
std::map<std::string, std::string> parse_installed(std::string_view text);

/// One line each: the versions asked for that are not those installed, and what the app runs without.
std::vector<std::string> version_notes(const std::vector<Requirement>& requirements,
                                       const std::map<std::string, std::string>& installed);

}  // namespace bench
