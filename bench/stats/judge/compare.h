#pragma once

#include <optional>
#include <string>

#include "bench/core/run.h"
#include "bench/stats/bootstrap.h"

namespace bench {

inline constexpr int kRoundsForVerdict = 10;  ///< fewer are exploratory
inline constexpr double kFailuresAllowed = 0.10;

struct Judgement {
  Verdict verdict = Verdict::kInconclusive;
  std::string why;
};

/// What the intervals of a ratio say about it; the last of the rules, when nothing forbids a verdict.
/// `result` has its metric, ratio and detectable difference already.
Judgement judge_intervals(const Comparison& result, const RatioIntervals& intervals, double threshold,
                          const MetricSpec& spec);

/// "3 of 10 trials of docker failed: no verdict above 10 %" where that is so for one of the two; else empty.
std::string too_many_failed(const Run& run, const std::string& scenario, const TargetInfo& a,
                            const TargetInfo& b);

/// b against a on one metric: median(b) / median(a), its 95 % block-bootstrap interval, the shift, and the
/// verdict by the rules of docs/statistics.md; an exact metric has no interval, a slope has the one of its
/// passes. Warm-up samples are left out. Nothing where a side has no sample or a median that is not positive,
/// or where comparable.h refuses the ratio: none is made up. `a` and `b` are targets of the run.
std::optional<Comparison> compare(const Run& run, const std::string& scenario, const std::string& metric,
                                  const TargetInfo& a, const TargetInfo& b);

/// Target b of run_b against target a of run_a. The runs share no round, so each side is resampled on its
/// own: the interval holds what varied within the runs, and what changed between them is the question. For
/// one target in two runs a difference of the app is no obstacle (it is what is asked about); that the hosts
/// and their set-up are alike is for the caller to see. `threshold` is the share below which nothing matters,
/// the metric's own where none is given.
std::optional<Comparison> compare_runs(const Run& run_a, const TargetInfo& a, const Run& run_b,
                                       const TargetInfo& b, const std::string& scenario,
                                       const std::string& metric,
                                       std::optional<double> threshold = std::nullopt);

}  // namespace bench
