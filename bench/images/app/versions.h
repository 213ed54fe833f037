#pragma once

#include <optional>
#include <string_view>

namespace bench {

/// Below, equal to or above 0 as PEP 440 orders two versions of Python projects; nothing where one is none.
std::optional<int> compare_versions(std::string_view a, std::string_view b);

/// Whether a version is one that a specifier such as ">=2.0, <3" asks for; nothing where it cannot be read.
std::optional<bool> satisfies(std::string_view version, std::string_view specifier);

}  // namespace bench
