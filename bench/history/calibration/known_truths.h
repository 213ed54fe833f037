#pragma once

#include <array>
#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/history/calibration/calibration.h"

namespace bench {

/// What the apps of backend/truths differ in from `plain`.
inline constexpr double kTruthDelay = 2.0;                    ///< seconds, in `delay`
inline constexpr double kTruthBallast = 100.0 * 1024 * 1024;  ///< bytes of memory, in `ballast`
inline constexpr double kTruthBytes = 50.0 * 1024 * 1024;     ///< bytes of a file, in `ballast`
inline constexpr std::array<const char*, 3> kTruthApps = {"plain", "delay", "ballast"};

/// The target with one of those apps: "docker@delay".
std::string with_app(const std::string& target, const std::string& app);

/// Metric of the delay as it is seen from the app's first line on: without the boot, which varies.
inline constexpr const char* kSinceFirstLine = "startup.ready - startup.runtime";

/// Every known truth of every target of the run ("docker" where it has docker@plain, docker@delay,
/// docker@ballast), each with what was measured and whether it holds.
std::vector<KnownTruth> known_truths(const Run& run);

}  // namespace bench
