#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace bench {

/// JSON knows neither an absent number nor an infinite one: both are null, never 0.
inline nlohmann::ordered_json number_or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace bench
