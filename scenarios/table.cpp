#include "bench/measure/scenario.h"
#include "scenarios/memory.h"
#include "scenarios/size.h"
#include "scenarios/startup.h"

namespace bench {

const std::vector<ScenarioRow>& scenario_table() {
  static const std::vector<ScenarioRow> rows = {startup_scenario(), size_scenario(), memory_scenario()};
  return rows;
}

}  // namespace bench
