#pragma once

#include <string>

#include "bench/core/run.h"

namespace bench {

/// Which host a run is of, as far as the run says.
struct RunHost {
  std::string id, name;  ///< empty: the run does not say
  std::string machine;   ///< digest of what an upgrade does not change: architecture, CPU, memory
};

RunHost host_of(const Environment& environment);

/// Whether `run` counts as one of `host`: by its id. One that does not say counts where it was measured on
/// the same kind of machine and no other host has runs beside it, whose it may be as well.
bool counts_as(const RunHost& run, const RunHost& host, bool other_hosts);

/// For people: the name; "host 1f0c…" where there is only an id; "a host that is not named".
std::string host_words(const RunHost& host);

}  // namespace bench
