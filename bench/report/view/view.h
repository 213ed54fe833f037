#pragma once

#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/view/numbers.h"

namespace bench {

// What the console and the Markdown say alike, as plain text; each only lays it out. All text from outside
// has been made harmless (one_line), nothing is escaped for a format yet.

struct TextTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::string title;
  std::string align;               ///< per column: 'l' or 'r'
  std::vector<std::string> notes;  ///< below the table
};

/// One part of a start-up, of one trial.
struct PhaseRow {
  std::string name;
  std::string took, at;       ///< "–" absent for this kind of target, "?" unknown
  std::string note;           ///< "with kernel": an unknown phase's time is in this one
  double begin = 0, end = 0;  ///< seconds since t0, for the bar; equal where there is nothing to draw
};

struct PhaseTable {
  std::string target;  ///< with its stamp
  std::string title;   ///< "libvirt:direct (TCG), round 7: ready after 11.4 s"
  Scale scale;         ///< of `took` and `at`, the same for all targets
  double ready = 0;    ///< seconds
  std::vector<PhaseRow> rows;
};

struct FailureGroup {
  std::string what;    ///< "2 × libvirt:full in kernel: …"
  std::string rounds;  ///< "rounds 3, 8"
};

/// The answer in one line per compared pair; never empty.
std::vector<std::string> headlines(const Run& run);

/// "interrupted after 4 of 10 rounds: …" and the like; empty lines where all went as planned.
std::vector<std::string> status_lines(const Run& run);

/// The target's name with the stamp that goes on every row: "libvirt:direct (TCG)".
std::string stamped(const TargetInfo& target);
std::string stamped(const Run& run, const std::string& target);

/// A table per metric, or the one table of a scenario that declares it. Those of `own_tables` are not here.
std::vector<TextTable> summary_tables(const Run& run);

/// A scenario whose results stand in tables that were made for it.
struct OwnTables {
  std::string scenario;
  std::vector<TextTable> (*make)(const Run&);
};
const std::vector<OwnTables>& own_tables();

/// What it takes to send, keep and multiply each image; where the bytes are; what other sources say of the
/// same. Empty where no size was measured.
std::vector<TextTable> size_tables(const Run& run);

/// How the memory figures of an instance relate; which to quote for which question; what one more costs.
/// Empty where no memory was measured.
std::vector<TextTable> memory_tables(const Run& run);

/// One claim and its verdict.
struct ClaimView {
  std::string id, sentence;
  ClaimVerdict verdict = ClaimVerdict::kNotMeasured;
  std::string figures;  ///< "17× [16, 17], 20 rounds", "2.94× (exact)", "62 % (exact)"; empty: there are none
  std::string against;     ///< what the figures are of: "startup.ready, libvirt:direct (TCG) against docker"
  std::string conditions;  ///< under which it was found; may be empty
  std::string why;         ///< one line
  std::string settle;      ///< what would settle it; empty: it is settled
  std::vector<std::string>
      evidence;  ///< every pair that was looked at, one line each, where there are several
};

/// In the order of their definitions; empty where the run was judged by none.
std::vector<ClaimView> claim_views(const Run& run);

/// "Reading these numbers": what each figure means, what it does not, and where the two sides differ by
/// design. One paragraph each, only for what is in the run. "Name: text"; the name ends at the first colon.
std::vector<std::string> reading_notes(const Run& run);

/// The median start of each target that has one.
std::vector<PhaseTable> phase_tables(const Run& run);

TextTable equivalence_table(const Run& run);

/// One row per comparison that people ask for (ready, CPU, stop for start-up; every metric elsewhere), or per
/// comparison there is. Columns: what, b against a, ratio, shift, verdict, why.
TextTable comparison_table(const Run& run, bool all);

std::vector<FailureGroup> failure_groups(const Run& run);

/// A fact for people; "unknown" for null.
std::string fact_text(const Fact& fact);

}  // namespace bench
