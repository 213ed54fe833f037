#pragma once

#include <string>
#include <vector>

namespace bench {

/// The guests' init as a tar with one file: in a container it says how the engine starts programs. Empty
/// where the build had no C compiler that links statically.
std::string start_probe_archive();

/// That file, and the word that makes it say so.
std::vector<std::string> start_probe_command();

}  // namespace bench
