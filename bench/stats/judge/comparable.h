#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

// What may be held against what: the rules that tables, headlines, charts, exports, claims, the gate and
// trends ask.

/// One side of a comparison.
struct MeasuredSide {
  const Run& run;
  const TargetInfo& target;
};

/// Whether a figure may be quoted by itself. A slope may where its interval lies above zero: else the host
/// moved by as much as the instances took.
bool is_quotable(const MetricSpec& spec, const std::optional<Interval>& ci95);

/// How the instances of a target ended in this run.
StopMode stop_mode(const Run& run, const TargetInfo& target);

/// Why a ratio gives no verdict, since exactly one side is emulated; empty: it may give one.
std::string emulated_apart(const MetricSpec& spec, const TargetInfo& a, const TargetInfo& b);

/// Why a ratio gives no verdict, whatever it is; empty: it may give one. That the app differs is no reason
/// where one target is held against itself in another run: that is what is asked about.
std::string not_comparable(const MetricSpec& spec, const MeasuredSide& a, const MeasuredSide& b);

/// Why there is no ratio between the two; empty: there may be one.
std::string no_ratio(const MetricSpec& spec, const MeasuredSide& a, const MeasuredSide& b);

/// A ratio that the run does not give, and why.
struct Refusal {
  std::string scenario, metric, a, b, why;
};

/// Of the pairs that the run compares; in the order of the summaries.
std::vector<Refusal> refusals(const Run& run);

}  // namespace bench
