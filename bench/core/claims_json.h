#pragma once

#include <nlohmann/json.hpp>

#include "bench/core/json_node.h"
#include "bench/core/run.h"

namespace bench {

/// One claim as it stands in a claims file, and in a run's `claim_definitions`.
ClaimDefinition read_claim_definition(const JsonNode& node);
nlohmann::ordered_json claim_definition_json(const ClaimDefinition& definition);

}  // namespace bench
