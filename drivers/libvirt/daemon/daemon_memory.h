#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/base/clock.h"

namespace bench {

/// A start that takes longer means that the daemon asks QEMU about itself again at every start.
inline constexpr Seconds kSlowStart{10.0};

/// How long `daemon` (its URI first, then all that the answer depends on) took to start an empty guest, as
/// far as it is remembered: for a month.
std::optional<Seconds> remembered_start(const std::string& daemon);

/// Keeps it with today's date, and drops what has expired. A slow start on a `busy` host says nothing about
/// the daemon and is not kept.
void remember_start(const std::string& daemon, Seconds took, bool busy);

/// What is remembered about the daemons of this machine, a line each with its age.
std::vector<std::string> remembered_daemons();
void forget_daemons();

}  // namespace bench
