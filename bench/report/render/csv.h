#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/report/view/options.h"
#include "bench/report/view/side_by_side.h"
#include "bench/report/view/trend.h"

namespace bench {

/// One row per sample (RFC 4180, a header first): scenario, target, metric, unit, value, round, position,
/// warmup, resolution, at. Numbers are the shortest that read back exactly, whatever the locale; a newline in
/// a name becomes a space, since not every reader takes one inside quotes.
std::string samples_csv(const Run& run, const ReportOptions& options);

/// A field of RFC 4180, quoted where it must be; a newline in it becomes a space.
std::string csv_field(std::string_view text);

/// One row per summary, for a spreadsheet: scenario, target, metric, unit, n, failures, median, mean, stddev,
/// min, max, p95, ci95_low, ci95_high, outliers. A statistic that does not exist is an empty field.
std::string summaries_csv(const Run& run);

/// The summaries of all, tidy: as summaries_csv with the run's name in front.
std::string side_by_side_csv(const std::vector<NamedRun>& runs);

/// metric, target, against, unit, started_at, run, n, median, low, high, step (true: the first run after a
/// change point), host (where there are several); RFC 4180, a row per run.
std::string trends_csv(const std::vector<Trend>& trends);

}  // namespace bench
