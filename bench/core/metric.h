#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/vocabulary.h"

namespace bench {

struct Run;

// What a number is: declared once by the scenario that records it, carried by the run, and asked by whatever
// judges or shows it. Nothing is guessed from a metric's name.

enum class Better { kLower, kHigher, kNeither };

/// What a metric is to its scenario, from the one figure that stands for all to what is about the measuring.
enum class Role {
  kHeadline,  ///< the one figure of the scenario; its precision may end a run early
  kResult,    ///< a figure that people ask for
  kDetail,    ///< compared like a result, and shown where all figures are
  kPhase,     ///< a stretch of the headline's time; compared, shown where all figures are
  kPart,      ///< a share of another metric (`part_of`); never compared
  kCheck,     ///< the same quantity by another source; never compared
  kHarness,   ///< about the measuring itself; never compared
};

/// The words for a difference: "slower", or "larger".
enum class Manner { kAmount, kSpeed };

constexpr std::array<Word<Better>, 3> words_of(Better /*of*/) {
  return {{{Better::kLower, "lower"}, {Better::kHigher, "higher"}, {Better::kNeither, "neither"}}};
}
constexpr std::array<Word<Role>, 7> words_of(Role /*of*/) {
  return {{{Role::kHeadline, "headline"},
           {Role::kResult, "result"},
           {Role::kDetail, "detail"},
           {Role::kPhase, "phase"},
           {Role::kPart, "part"},
           {Role::kCheck, "check"},
           {Role::kHarness, "harness"}}};
}
constexpr std::array<Word<Manner>, 2> words_of(Manner /*of*/) {
  return {{{Manner::kAmount, "amount"}, {Manner::kSpeed, "speed"}}};
}

struct MetricSpec {
  std::string name;  ///< "startup.ready"; "size.part.*" declares all whose names begin so
  Unit unit = Unit::kNone;
  Role role = Role::kDetail;
  std::string summary{};            ///< what is measured, in a line
  Better better = Better::kLower;   ///< which way is good
  Manner manner = Manner::kAmount;  ///< kSpeed: of what takes or does something in time
  bool exact = false;               ///< counted, not sampled: one value is all of it
  bool needs_hardware = false;      ///< no verdict between an emulated side and one that is not
  bool same_stop = false;           ///< no ratio between targets that end in different ways
  bool gated = false;               ///< `bench gate` decides on it unless it is told otherwise
  bool prominent = false;           ///< of the results: shown beside the headline, and in its sentence
  std::optional<double>
      threshold{};         ///< the share below which a difference does not matter; default by `exact`
  std::string part_of{};   ///< the metric of which this is a part
  std::string slope_of{};  ///< the curve whose slope this is: derived, never recorded
  std::string cpu_of{};    ///< the metric whose CPU time this is
  std::string column{};    ///< as the head of a column: "ready"; empty: the name
  std::string words{};     ///< as a label: "time to ready"; empty: the name
  std::string subject{};   ///< as the subject of a sentence; empty: the words
  std::string
      beside{};  ///< before its figures in the headline's sentence: "one more costs"; empty: the column
  bool operator==(const MetricSpec&) const = default;
};

/// The sentence of a headline: "image: container 210 MiB, VM 640 MiB to send". One without `about` and `verb`
/// is about the metric, in the words of its column.
struct HeadlineWords {
  std::string about{};  ///< what the figures are of: "image"
  std::string verb{};   ///< between the first target and its figure: "ready in"
  std::string again{};  ///< the same for the second target: "in"
  std::string after{};  ///< behind the last figure: "to send"
  bool operator==(const HeadlineWords&) const = default;
};

struct ScenarioSpec {
  std::string name;
  std::string title;    ///< "Start-up"; empty: the name
  std::string summary;  ///< what it measures, in a line
  std::vector<MetricSpec> metrics;
  HeadlineWords headline{};
  std::string trial{};  ///< what people call one trial of it: "start"; empty: trial
  /// The title of one table in which the results stand beside the headline; empty: a table per metric.
  std::string table{};
  std::vector<std::string> reading{};  ///< how to read its numbers: "Name: text", a paragraph each
  bool operator==(const ScenarioSpec&) const = default;
};

/// The scenario's headline; its first metric where it declares none. Null without any metric.
const MetricSpec* headline_of(const ScenarioSpec& scenario);

/// What the run declares. A run that was stored before runs carried declarations knows the first scenarios
/// (bench/core/first_metrics.h).
const std::vector<ScenarioSpec>& declared_scenarios(const Run& run);
const ScenarioSpec* find_scenario(const Run& run, std::string_view name);

/// The declaration of a metric of this run: its own name before a family that it belongs to. A metric that
/// nobody declared (a run of another program) is a detail, with what its unit says of it.
const MetricSpec& spec_of(const Run& run, std::string_view metric);
/// The same within one scenario; null where it declares no such metric.
const MetricSpec* find_metric(const ScenarioSpec& scenario, std::string_view metric);

/// Whether targets are compared by it.
bool is_compared(const MetricSpec& spec);
/// Whether it says what a run is about: compared, and no stretch of another figure.
bool is_result(const MetricSpec& spec);

/// "size.part.kernel" as "kernel" where "size.part.*" was declared; the whole name for others.
std::string_view family_member(const MetricSpec& spec, std::string_view metric);

/// In words, as the declaration has them; the name where it has none.
std::string column_words(const MetricSpec& spec, std::string_view metric);
std::string label_words(const MetricSpec& spec, std::string_view metric);
std::string subject_words(const MetricSpec& spec, std::string_view metric);

inline constexpr double kThreshold = 0.05;  ///< a smaller difference between sampled figures does not matter
/// Nor one between counted figures, which have no noise: what a file's time stamp changes in an archive.
inline constexpr double kExactThreshold = 0.005;
double threshold_of(const MetricSpec& spec);

}  // namespace bench
