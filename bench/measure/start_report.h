#pragma once

#include <string_view>

#include "bench/core/run.h"

namespace bench {

/// What a line of boot/init's report says: how the program of an image was started, as it found itself. All
/// is unknown in a text that holds no such line, and so is what is malformed.
Equivalence read_start_report(std::string_view text);

}  // namespace bench
