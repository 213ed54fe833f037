#pragma once

#include "bench/measure/scenario.h"

namespace bench {

/// How large each target's image is, where its bytes are, and what one more app costs.
ScenarioRow size_scenario();

}  // namespace bench
