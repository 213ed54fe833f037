#pragma once

#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

/// A paragraph of two or three plain sentences per claim, to be put into a writeup as it stands: the figures,
/// the conditions they hold under, and the caveat. Built from the run's numbers alone; the same sentences in
/// every format, with nothing escaped yet. Empty where the run has no claims.
std::vector<std::string> writeup(const Run& run);

}  // namespace bench
