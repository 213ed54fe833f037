#include "bench/commands/calibration_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "bench/app/run/measuring.h"
#include "bench/base/lists.h"
#include "bench/base/text.h"
#include "bench/commands/command.h"
#include "bench/core/first_metrics.h"
#include "bench/history/calibration/known_truths.h"
#include "bench/report/view/numbers.h"
#include "bench/stats/bootstrap.h"

namespace bench {
namespace {

constexpr const char* kArea = "calibration";
constexpr const char* kCalibrate = "bench calibrate";

std::string share_text(const std::optional<double>& share) {
  return share ? percent_text(*share) : "–";
}

Scale scale_of(const KnownTruth& truth) {
  return scale_for(truth.unit, std::array{truth.expected});
}

std::string expected_text(const KnownTruth& truth) {
  return fmt::format("{} ± {}", with_unit(truth.expected, scale_of(truth)), percent_text(truth.tolerance));
}

std::string measured_text(const KnownTruth& truth) {
  return truth.measured ? with_unit(*truth.measured, scale_of(truth)) : "not measured";
}

/// An interval in brackets, a mere range without: it is not to be taken for one.
std::string range_text(const KnownTruth& truth) {
  if (!truth.range) return truth.measured ? "exact" : "–";
  const Scale scale = scale_of(truth);
  if (truth.n >= kRoundsForInterval) return bracket(*truth.range, scale);
  return fmt::format("{} to {}", in_scale(truth.range->low, scale), in_scale(truth.range->high, scale));
}

std::string seen_by(const KnownTruth& truth) {
  return truth.metric == kSinceFirstLine ? "from the app's first line" : truth.metric;
}

/// What differs, by name: "governor, kernel".
std::string differing(const Facts& a, const Facts& b) {
  std::set<std::string> names;
  for (const auto& [name, fact] : a) {
    if (!b.contains(name) || b.at(name) != fact) names.insert(name);
  }
  for (const auto& [name, fact] : b) {
    if (!a.contains(name)) names.insert(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

DoctorRow truths_row(const std::vector<KnownTruth>& truths) {
  const std::size_t held = with_verdict(truths, TruthVerdict::kHolds).size();
  DoctorRow row{kArea, "known truths", DoctorStatus::kOk, fmt::format("{} of {} hold", held, truths.size()),
                ""};
  std::vector<std::string> open;
  for (const KnownTruth& truth : with_verdict(truths, TruthVerdict::kInconclusive)) {
    open.push_back(fmt::format("{} of {} ({})", truth.truth, truth.target, seen_by(truth)));
  }
  if (!open.empty()) {
    row.status = DoctorStatus::kInfo;
    row.detail += fmt::format("; inconclusive: {}", fmt::join(open, ", "));
    row.remedy = "bench calibrate --rounds 20, on a quieter host";
  }
  return row;
}

}  // namespace

TextTable floor_table(const Calibration& calibration) {
  TextTable table;
  table.title = fmt::format("Noise floor of this host: {} of {}, each target twice in each",
                            counted(calibration.runs, "run"), counted(calibration.rounds, "round"));
  table.header = {"target", "metric", "floor", "between", "within", "can be seen"};
  table.align = "llrrrr";
  const std::vector<std::string> main = gated_metrics();
  for (const NoiseFloor& floor : calibration.floors) {
    if (!contains(main, floor.metric)) continue;
    table.rows.push_back({floor.target, floor.metric, percent_text(floor.share), percent_text(floor.between),
                          share_text(floor.within), share_text(floor.detectable)});
  }
  table.notes = {"floor: the larger of the next two; no smaller change is called one by bench gate",
                 calibration.runs == 1
                     ? "between: of the medians of the two twins; one run says nothing about between runs"
                     : "between: two medians of the same, twins and runs, differ by less in 95 of 100 cases",
                 calibration.rounds < kRoundsForInterval
                     ? fmt::format("within: no interval below {} rounds", kRoundsForInterval)
                     : "within: half the 95 % interval of a target against itself in one run",
                 "can be seen: the smallest difference that such a run finds in about 84 % of cases"};
  return table;
}

TextTable truth_table(const std::vector<KnownTruth>& truths) {
  TextTable table;
  table.title = "Known truths: what was put into an app, and what was measured of it";
  table.header = {"truth", "target", "seen by", "expected", "measured", "95 % interval", "verdict"};
  table.align = "lllrrrl";
  bool ranges = false;
  for (const KnownTruth& truth : truths) {
    table.rows.push_back({truth.truth, truth.target, seen_by(truth), expected_text(truth),
                          measured_text(truth), range_text(truth), to_text(truth.verdict)});
    ranges = ranges || (truth.range && truth.n < kRoundsForInterval);
  }
  if (ranges) {
    table.notes.push_back(
        fmt::format("low to high: the range of the rounds; no interval below {} rounds", kRoundsForInterval));
  }
  return table;
}

std::string truth_in_words(const KnownTruth& truth) {
  return fmt::format("{} of {}, {}: {} where {} was put in", truth.truth, truth.target, seen_by(truth),
                     measured_text(truth), expected_text(truth));
}

std::vector<KnownTruth> with_verdict(const std::vector<KnownTruth>& truths, TruthVerdict verdict) {
  std::vector<KnownTruth> found;
  std::copy_if(truths.begin(), truths.end(), std::back_inserter(found),
               [&](const KnownTruth& truth) { return truth.verdict == verdict; });
  return found;
}

std::string told_apart_in_words(const ToldApart& apart) {
  const Comparison& comparison = apart.comparison;
  return fmt::format("{} and {}, the same thing, were told apart in {}: {} {}{}", comparison.a, comparison.b,
                     apart.run_id, comparison.metric, ratio_text(comparison.ratio),
                     comparison.ci95 ? " " + ratio_bracket(*comparison.ci95) : "");
}

std::vector<DoctorRow> calibration_rows(const std::optional<Calibration>& calibration,
                                        const Facts& fingerprint) {
  if (!calibration) {
    return {{kArea, "noise floor", DoctorStatus::kWarn,
             "not calibrated: what this host does by itself is not known", kCalibrate}};
  }
  std::vector<DoctorRow> rows;
  rows.push_back({kArea, "calibrated", DoctorStatus::kOk, calibration->calibrated_at, ""});
  if (calibration->runs > 0) {
    rows.back().detail +=
        fmt::format(", {} of {}", counted(calibration->runs, "run"), counted(calibration->rounds, "round"));
  }
  if (calibration->fingerprint != fingerprint) {
    rows.back().status = DoctorStatus::kWarn;
    rows.back().detail += fmt::format(", on another host or set-up ({}): not used",
                                      differing(calibration->fingerprint, fingerprint));
    rows.back().remedy = kCalibrate;
  }
  std::vector<std::string> targets;
  for (const NoiseFloor& floor : calibration->floors) add_once(targets, floor.target);
  for (const std::string& target : targets) {
    std::vector<std::string> shares;
    for (const char* metric : {metric::kReady, metric::kCpu, metric::kHostPss}) {
      for (const NoiseFloor& floor : calibration->floors) {
        if (floor.target != target || floor.metric != metric) continue;
        shares.push_back(fmt::format("{} {}", metric, percent_text(floor.share)));
      }
    }
    if (!shares.empty()) {
      rows.push_back(
          {kArea, target, DoctorStatus::kInfo, fmt::format("noise floor: {}", fmt::join(shares, ", ")), ""});
    }
  }
  if (calibration->truths.empty()) {
    rows.push_back({kArea, "known truths", DoctorStatus::kInfo, "not checked", kCalibrate});
    return rows;
  }
  rows.push_back(truths_row(calibration->truths));
  for (const KnownTruth& truth : with_verdict(calibration->truths, TruthVerdict::kDoesNotHold)) {
    rows.push_back({kArea, "known truth", DoctorStatus::kWarn, "does not hold: " + truth_in_words(truth),
                    "bench calibrate on a quieter host; where it stays so, do not trust that figure here"});
  }
  return rows;
}

int conclude_calibration(const Calibration& calibration, const AaFindings& findings, Ui& ui) {
  if (!findings.lost.empty()) {
    ui.warn(fmt::format("no noise floor, since the noise is larger than the figure: {}",
                        fmt::join(findings.lost, ", ")),
            "on a quieter host, calibrate again");
  }
  for (const ToldApart& apart : findings.told_apart) {
    ui.warn(told_apart_in_words(apart),
            "order or position matters on this host: see that nothing else runs on it, then calibrate again");
  }
  for (const KnownTruth& truth : with_verdict(calibration.truths, TruthVerdict::kInconclusive)) {
    ui.warn("inconclusive: " + truth_in_words(truth), "more rounds (--rounds), or a quieter host");
  }
  const std::vector<KnownTruth> broken = with_verdict(calibration.truths, TruthVerdict::kDoesNotHold);
  for (const KnownTruth& truth : broken) {
    ui.error("a known truth does not hold: " + truth_in_words(truth),
             "do not trust that figure on this host; on a quieter one, calibrate again");
  }
  return broken.empty() ? exit_code::kOk : exit_code::kCouldNotMeasure;
}

}  // namespace bench
