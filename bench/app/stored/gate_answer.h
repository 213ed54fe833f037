#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "bench/history/gate.h"

namespace bench {

/// What a gate says: for people, and in verdict.json.
std::string gate_text(const GateAnswer& answer, const Run& run);
nlohmann::ordered_json verdict_json(const GateAnswer& answer, const Run& run, int code);

}  // namespace bench
