#include <fmt/format.h>

#include <utility>

#include "bench/base/error.h"
#include "bench/measure/scenario.h"
#include "scenarios/memory.h"
#include "scenarios/size.h"
#include "scenarios/startup.h"

namespace bench {
namespace {

std::deque<ScenarioRow>& scenario_rows() {
  static std::deque<ScenarioRow> rows = {startup_scenario(), size_scenario(), memory_scenario()};
  return rows;
}

}  // namespace

const std::deque<ScenarioRow>& scenario_table() {
  return scenario_rows();
}

void add_scenario(ScenarioRow row) {
  for (const ScenarioRow& there : scenario_rows()) {
    if (there.name == row.name)
      throw Error(ErrorCode::kUsage, fmt::format("There is a scenario '{}' already", row.name));
  }
  scenario_rows().push_back(std::move(row));
}

}  // namespace bench
