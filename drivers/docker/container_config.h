#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "drivers/driver.h"

namespace bench {

/// Every container of bench's has it, with the value 1.
inline constexpr const char* kContainerLabel = "bench";

/// The body of the request that creates a container.
nlohmann::json container_config(const std::string& image, int port, const InstanceSpec& spec);

/// Who made the container with these labels.
Ownership owner_of(const nlohmann::json& labels);

}  // namespace bench
