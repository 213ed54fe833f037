#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bench/core/metric.h"
#include "bench/core/source.h"
#include "bench/core/target.h"

namespace bench {

/// The schema that this program writes; a change of meaning raises it.
inline constexpr const char* kRunSchema = "bench.run/1";

/// A fact about the environment; monostate is "unknown" and is stored as null, never as a default.
using Fact = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
using Facts = std::map<std::string, Fact>;

struct Warning {
  std::string text;
  std::string remedy;
  bool operator==(const Warning&) const = default;
};

/// Which host measured. Not part of the fingerprint: that says what a host is like, and two may be alike.
struct Host {
  std::string id;    ///< the same as long as the host is; tells nothing else
  std::string name;  ///< as people call it
  bool operator==(const Host&) const = default;
};

struct Environment {
  std::optional<Host> host;  ///< absent: it has nothing that lasts, or an older bench stored the run
  Facts fingerprint;         ///< must match before two runs are compared
  Facts volatile_;           ///< load, steal, free memory…: stored, never compared ("volatile" in JSON)
  std::vector<Warning> warnings;
  bool operator==(const Environment&) const = default;
};

/// What a running instance says it is. Absent is unknown.
struct Equivalence {
  std::optional<std::string> app_sha256, python, flask, kernel;
  std::optional<std::int64_t> cpus;
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::string> rootfs_sha256{};  ///< over the root file system that it was started from
  // How the program of an image was started, as it found itself: digests of its words and of its environment,
  // "1000:1000+4", "/srv", "nofile:1024:4096,nproc:-1:-1" (soft and hard, -1 is none).
  std::optional<std::string> command{}, environment{}, user{}, workdir{}, limits{};
  bool operator==(const Equivalence&) const = default;
};

/// One of the things that are compared: driver + profile.
struct TargetInfo {
  std::string name;  ///< as the user writes it: "docker", "libvirt:direct"; unique in a run
  Kind kind = Kind::kProcess;
  std::string driver;     ///< "docker", "libvirt", …
  std::string profile;    ///< "" | "direct" | "full" | …
  Parameters parameters;  ///< those that were given with the target, and are part of its name
  Traits traits;
  std::string engine_name;
  std::string engine_version;
  Facts engine;  ///< more about the engine: API version, storage driver, runtime, QEMU, URI, …
  Acceleration acceleration = Acceleration::kNone;
  int cpus = 0;
  std::int64_t memory_bytes = 0;
  Facts image;      ///< digest, reference, layers, …
  std::string app;  ///< the directory of an app of its own ("docker@DIR"); empty: the app of the whole run
  ImageSource source;
  /// Variables that were given to the app: the digest of each value by its name (docs/environment.md).
  std::map<std::string, std::string> env{};
  Equivalence equivalence;
  bool operator==(const TargetInfo&) const = default;
};

struct Sample {
  std::string scenario;
  std::string target;
  std::string metric;  ///< "startup.ready", …; "harness.…" is about the measuring itself
  Unit unit = Unit::kNone;
  double value = 0;
  int round = 0;     ///< 0-based; warm-up rounds count on their own, from 0
  int position = 0;  ///< 0-based place of the trial within its round
  bool warmup = false;
  std::optional<double> resolution = std::nullopt;  ///< same unit: how finely this value could be seen
  /// The independent variable where the metric is a curve: the number of instances that were running, say.
  /// Such samples are points, not repetitions: they are never pooled.
  std::optional<double> at = std::nullopt;
  bool operator==(const Sample&) const = default;
};

struct Failure {
  std::string scenario;
  std::string target;
  int round = 0;
  bool warmup = false;
  std::string phase;  ///< the phase that the trial was in
  std::string message;
  std::optional<double> censored_at =
      std::nullopt;  ///< seconds: the value is known to be larger than this (a time-out)
  bool operator==(const Failure&) const = default;
};

/// The phase of a failure outside the rounds: no trial of a round has failed then.
inline constexpr const char* kBeforeRounds = "before the rounds";
inline constexpr const char* kAfterRounds = "after the rounds";
inline bool is_of_a_round(const Failure& failure) {
  return failure.phase != kBeforeRounds && failure.phase != kAfterRounds;
}

// Derived: every one of these can be had again from the samples.

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

struct Summary {
  std::string scenario, target, metric;
  Unit unit = Unit::kNone;
  int n = 0;
  int failures = 0;
  double median = 0, mean = 0;
  std::optional<double> stddev = std::nullopt;
  double min = 0, max = 0;
  std::optional<double> p95 = std::nullopt;
  std::optional<Interval> ci95 = std::nullopt;  ///< of the median
  int outliers = 0;
  bool operator==(const Summary&) const = default;
};

/// b against a: ratio = median(b) / median(a).
struct Comparison {
  std::string scenario, metric, a, b;
  double ratio = 0;
  std::optional<Interval> ci95 = std::nullopt;
  double shift = 0;  ///< Hodges–Lehmann shift b − a, in the metric's unit
  Verdict verdict = Verdict::kInconclusive;
  std::string why{};  ///< one line for people
  std::optional<double> detectable =
      std::nullopt;  ///< the smallest relative difference that this run could have seen
  int n = 0;         ///< paired rounds
  bool operator==(const Comparison&) const = default;
};

/// A sentence that people say about the two sides, and what would back it. Data: results/claims.json and a
/// user's own files (bench/core/claims.h); judged by bench/stats/judge/claims.h. It follows one of three
/// rules: a factor between two sides, a share of a difference that named parts explain, or none yet
/// (`not_measured`).
struct ClaimDefinition {
  std::string id, sentence;
  ClaimKind kind = ClaimKind::kNone;
  std::string side, against;              ///< "container", "vm" (each of them), or a target's name
  std::vector<std::string> metrics;       ///< the claim must hold in every one
  std::string direction;                  ///< what `side` is said to be: "lower" | "higher"
  double factor = 0;                      ///< "much": by at least this, ≥ 1; 0 where the rule is a share
  std::vector<std::string> explained_by;  ///< metrics that are parts of metrics[0]
  double share = 0;                       ///< of the difference that they must explain, in (0, 1]
  std::vector<std::string> survives_in;   ///< metrics of a leaner variant in which a difference must remain
  std::string not_measured;               ///< why nothing measures it yet; empty for the other rules
  bool operator==(const ClaimDefinition&) const = default;
};

/// One pair of targets and one metric that a claim was held against.
struct ClaimFinding {
  std::string metric, a, b;        ///< a: the side that the claim favours
  std::optional<double> ratio{};   ///< above 1 it speaks for the claim: b/a, or a/b where more is better
  std::optional<double> share{};   ///< of the difference, where the claim is about a reason
  std::optional<Interval> ci95{};  ///< of the ratio; none where the figure is exact
  int n = 0;                       ///< paired rounds
  bool exact = false;              ///< counted, not sampled: it needs no interval
  std::optional<ClaimVerdict> verdict{};  ///< none: not judged yet
  std::string why{};
  bool operator==(const ClaimFinding&) const = default;
};

/// The verdict on one claim. Its figures are those of the finding that decided: the least favourable one.
struct Claim {
  std::string id, sentence;
  ClaimVerdict verdict = ClaimVerdict::kNotMeasured;
  std::optional<double> ratio = std::nullopt;
  std::optional<Interval> ci95 = std::nullopt;
  std::string why{};  ///< one line for people
  ClaimKind kind = ClaimKind::kNone;
  std::string metric{}, a{}, b{};  ///< of the finding that decided; empty where there is none
  std::optional<double> share = std::nullopt;
  std::optional<double> threshold = std::nullopt;  ///< the factor or the share that the definition asks for
  int n = 0;
  bool exact = false;
  std::string conditions{};  ///< under which this was found
  std::string settle{};      ///< what would settle it, a command where there is one; empty: it is settled
  std::vector<ClaimFinding> findings{};
  bool operator==(const Claim&) const = default;
};

/// Everything that a run measured; the only thing that is stored.
struct Run {
  std::string run_id;
  std::string suite_version, suite_commit;
  std::vector<std::string> command;
  std::uint64_t seed = 0;
  std::string started_at, finished_at;  ///< RFC 3339, UTC
  RunStatus status = RunStatus::kFailed;
  std::string stopped_by;             ///< "rounds" | "precision" | "budget" | "signal" | "error"
  int rounds = 0, warmup_rounds = 0;  ///< as planned
  double wall_seconds = 0;            ///< from the first trial's t0 to the end of the last
  double trials_seconds = 0;          ///< sum over the trials, t0 to stopped
  Facts conditions;                   ///< cache state ("warm"), time-outs, limits, probe periods
  Environment environment;
  std::vector<ScenarioSpec> scenarios;  ///< what was measured, with the declarations of its metrics
  std::vector<TargetInfo> targets;
  std::string baseline;  ///< the target that the others are held against; empty: the first container
  std::vector<ClaimDefinition> claim_definitions;  ///< what `claims` are judged by
  std::vector<Sample> samples;
  std::vector<Failure> failures;
  std::vector<Summary> summaries;
  std::vector<Comparison> comparisons;
  std::vector<Claim> claims;
  bool operator==(const Run&) const = default;
};

/// Null when the run has no such target (a failure may name one that could not be opened).
const TargetInfo* find_target(const Run& run, std::string_view name);

/// Null where nothing valid was measured. Without a scenario: of the first that has the metric.
const Summary* find_summary(const Run& run, std::string_view scenario, std::string_view target,
                            std::string_view metric);
const Summary* find_summary(const Run& run, std::string_view target, std::string_view metric);

}  // namespace bench
