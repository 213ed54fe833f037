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
  double share = 0;    ///< 0.02: two measurings of the same differ by up to 2 %; the larger of the next two
  double between = 0;  ///< by how much two medians of the same differ in 95 of 100 cases
  /// Half width of the 95 % interval of a target against itself, the middle one of the runs; nothing where no
  /// run had the rounds.
  std::optional<double> within = std::nullopt;
  std::optional<double> detectable = std::nullopt;  ///< the smallest difference that so many rounds can see
  int runs = 0;  ///< A/A runs that it rests on; 0: a file that does not say
  /// What so few medians leave open about `between`; nothing below four of them.
  std::optional<Interval> between_range = std::nullopt;
  bool operator==(const NoiseFloor&) const = default;
};

/// A difference that was put into an app, and what was measured of it.
struct KnownTruth {
  std::string truth;           ///< "delay" | "ballast" | "size"
  std::string target, metric;  ///< metric: one of a run's, or kSinceFirstLine
  Unit unit = Unit::kNone;
  double expected = 0;   ///< in the unit
  double tolerance = 0;  ///< as a share of it
  std::optional<double> measured = std::nullopt;
  /// The 95 % interval, or below 6 rounds the range of the rounds; nothing for what is exact. "low", "high".
  std::optional<Interval> range = std::nullopt;
  int n = 0;  ///< rounds
  TruthVerdict verdict = TruthVerdict::kInconclusive;
  bool operator==(const KnownTruth&) const = default;
};

/// What is known about this host's noise: calibration.json in persistent_dir(),
///   {"schema": "bench.calibration/1", "calibrated_at": "…Z", "fingerprint": {…as in run.json}, "host": "id
///   of the host"|null,
///    "rounds": 10, "runs": 3,
///    "floors": [{"scenario": "startup", "metric": "startup.ready", "target": "docker", "share": 0.021,
///                "between": 0.018, "between_low": 0.009, "between_high": 0.034, "within": 0.021,
///                "detectable": 0.09, "runs": 3}, …],
///    "truths": [{"truth": "delay", "target": "docker", "metric": "startup.ready", "expected": 2.0,
///                "tolerance": 0.05, "unit": "seconds", "measured": 2.003, "low": 1.998, "high": 2.008,
///                "n": 10, "verdict": "holds"}, …]}
/// Written by `bench calibrate`. Only what the first version had is required: schema, calibrated_at,
/// fingerprint, and of a floor scenario, metric, target, share. What is not known is null or absent.
struct Calibration {
  std::string calibrated_at;  ///< RFC 3339, UTC
  Facts fingerprint;          ///< of the host then
  std::vector<NoiseFloor> floors{};
  int rounds = 0, runs = 0;          ///< of the A/A runs; 0: a file that does not say
  std::vector<KnownTruth> truths{};  ///< empty: not checked
  std::string host{};                ///< its id; empty: a file that does not say, or a host that has none

  /// Whether it says anything about what was measured there: of the same host, as it was then.
  [[nodiscard]] bool holds_for(const Environment& environment) const;
  /// 0 where nothing is known.
  [[nodiscard]] double floor(const std::string& scenario, const std::string& metric,
                             const std::string& target) const;
  bool operator==(const Calibration&) const = default;
};

/// Nothing when there is no file. Throws Error{kCorrupt} for one that cannot be understood.
std::optional<Calibration> load_calibration(const std::filesystem::path& file);

/// The file's text.
std::string calibration_text(const Calibration& calibration);

/// Whole or not at all. Throws Error{kIo}.
void store_calibration(const Calibration& calibration, const std::filesystem::path& file);

}  // namespace bench
