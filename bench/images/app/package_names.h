#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// PEP 503: names of projects are compared in lower case, with runs of ".", "-" and "_" the same.
std::string normalised_project(std::string_view name);

/// The distribution's packages that can hold a project, by its normalised name; the first that there is.
std::vector<std::string> packages_of_project(const std::string& project);

/// The projects that an extra adds ("psycopg[pool]" needs psycopg-pool); empty where the distribution's
/// package needs nothing more. `known` says whether we know the extra at all.
struct ExtraProjects {
  bool known = false;
  std::vector<std::string> projects;
};
ExtraProjects projects_of_extra(const std::string& project, const std::string& extra);

/// A server in whose place `flask run` starts the app, or a tool of its author's: the app runs without it.
bool dispensable_project(const std::string& project);

}  // namespace bench
