#pragma once

#include <string>
#include <vector>

#include "bench/history/history.h"
#include "bench/history/pins.h"
#include "bench/history/rows.h"
#include "bench/stats/limits.h"

namespace bench {

/// What a series was at earlier, for what creeps: the newest pin that has the figure, and the level of 90
/// days ago. A pin that is newer than that says what has been accepted since, so it takes the other's place.
class EarlierLevels {
 public:
  /// `pins` newest first. Keeps references to all three.
  EarlierLevels(const History& history, const Run& run, const std::vector<PinnedRun>& pins);

  /// Nothing for a ratio (its sides are judged) and for what has no limits or no current value. Only levels
  /// under the same conditions count.
  [[nodiscard]] std::vector<GateReference> of(const FigureRow& row, const SeriesKey& key,
                                              const GateFinding& finding, const GateRules& rules) const;

 private:
  const History& history_;
  const Run& run_;
  struct PinnedFigures {
    const PinnedRun* pin;
    std::vector<FigureRow> figures;
  };
  std::vector<PinnedFigures> pins_;
  std::string long_ago_;  ///< 90 days before the run; empty where its date cannot be read
};

}  // namespace bench
