#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

inline constexpr const char* kCalibrationSchema = "bench.calibration/1";
inline constexpr const char* kCalibrationFile = "calibration.json";

/// How much a figure changes here by itself: nothing below this is called a change.
struct NoiseFloor {
  std::string scenario, metric, target;
  double share = 0;  ///< 0.02: two measurings of the same differ by up to 2 %
};

/// What is known about this host's noise: calibration.json in the state directory,
///   {"schema": "bench.calibration/1", "calibrated_at": "…Z", "fingerprint": {…as in run.json},
///    "floors": [{"scenario": "startup", "metric": "startup.ready", "target": "docker", "share": 0.021}, …]}
struct Calibration {
  std::string calibrated_at;  ///< RFC 3339, UTC
  Facts fingerprint;          ///< of the host then
  std::vector<NoiseFloor> floors;

  /// 0 where nothing is known.
  [[nodiscard]] double floor(const std::string& scenario, const std::string& metric,
                             const std::string& target) const;
};

/// Nothing when there is no file. Throws Error{kCorrupt} for one that cannot be understood.
std::optional<Calibration> load_calibration(const std::filesystem::path& file);

/// Whole or not at all. Throws Error{kIo}.
void store_calibration(const Calibration& calibration, const std::filesystem::path& file);

}  // namespace bench
