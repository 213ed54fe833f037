#pragma once

#include "bench/measure/scenario.h"

namespace bench {

/// Start-up latency: one instance from nothing to its first verified answer, and its end.
ScenarioRow startup_scenario();

}  // namespace bench
