#pragma once

#include <nlohmann/json.hpp>

#include "bench/core/metric.h"

namespace bench {

/// A scenario's declaration as a run carries it; run_json_reader.cpp reads it.
nlohmann::ordered_json spec_json(const ScenarioSpec& spec);

}  // namespace bench
