#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// The variables that an environment marker (PEP 508) may name, as Python has them on this machine.
using MarkerEnvironment = std::map<std::string, std::string>;

/// Of a Linux with the CPython `version` ("3.11"); empty: not known, and markers that ask for it are not
/// understood.
MarkerEnvironment marker_environment(const std::string& version);

/// Whether a marker such as `python_version < "3.10" and sys_platform != "win32"` holds; nothing where it
/// cannot be understood.
std::optional<bool> marker_holds(std::string_view marker, const MarkerEnvironment& environment);

}  // namespace bench
