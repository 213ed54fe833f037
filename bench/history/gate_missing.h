#pragma once

#include <string>

#include "bench/history/gate.h"

namespace bench {

/// Whether a gate looks at a metric at all, and whether it decides on it.
bool is_watched(const Run& run, const std::string& metric);
bool decides(const Run& run, const std::string& metric, const GateRequest& request);

/// Adds a line for each target of which nothing was measured and, where there is a history, for each deciding
/// metric that it has and this run lost.
void add_missing(const Run& run, const History* history, const GateRequest& request, GateAnswer& answer);

}  // namespace bench
