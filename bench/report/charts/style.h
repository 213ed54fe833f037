#pragma once

#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/charts/axes.h"
#include "bench/report/charts/scene.h"
#include "bench/report/view/parts.h"

namespace bench {

// What all charts have in common: colours, names, head and conditions.

// Okabe and Ito's palette, which stays apart for colour-blind readers ("Color Universal Design", 2008).
inline constexpr const char* kBlack = "#222222";
inline constexpr const char* kGrey = "#666666";
inline constexpr const char* kBlue = "#0072B2";
inline constexpr const char* kSkyBlue = "#56B4E9";
inline constexpr const char* kGreen = "#009E73";
inline constexpr const char* kYellow = "#F0E442";
inline constexpr const char* kOrange = "#E69F00";
inline constexpr const char* kVermilion = "#D55E00";
inline constexpr const char* kPurple = "#CC79A7";
inline constexpr const char* kWhite = "#ffffff";

inline constexpr double kSliver = 3;           ///< pixels; a narrower part of a bar gets no edge
inline constexpr double kEdge = 18;            ///< pixels of white around everything
inline constexpr std::size_t kNameWidth = 26;  ///< columns of a target's name; longer ones are shortened

/// More values than this are not drawn one by one: it would be a blot, and a file too large for a page.
inline constexpr std::size_t kDotsAtMost = 2000;

/// How a target looks in every chart of a run: containers are blue, VMs vermilion, further ones of a kind
/// have further colours; the shape tells them apart without colour.
struct TargetLook {
  const TargetInfo* target = nullptr;
  std::string name;  ///< with its stamp, shortened in the middle
  std::string colour, tint;
  Shape shape = Shape::kDot;
};

/// Of the nth target of a family in a run, from 0.
std::string family_colour(Kind family, std::size_t nth);

std::vector<TargetLook> target_looks(const Run& run);
/// Null where the run has no such target.
const TargetLook* find_look(const std::vector<TargetLook>& looks, const std::string& target);

/// "#rrggbb" mixed with white; share 0 is the colour, 1 is white.
std::string lighter(const std::string& colour, double share);
/// White or black, whichever can be read on `colour`.
std::string ink_on(const std::string& colour);

/// Beginning and end, with "…" between: what tells long names apart is at either end.
std::string shorten_middle(const std::string& text, std::size_t width);

/// "10 rounds", "8–10 rounds" of the targets that have a summary of the metric; "" for none.
std::string rounds_text(const Run& run, const std::string& scenario, const std::string& metric);

/// What a reader has to know of a figure's numbers: rounds, cache, acceleration, and whether the run ended
/// early. `what` comes first.
std::string subtitle(const Run& run, const std::string& what, const std::string& rounds);

/// The sentence for the alternative text of every figure that shows an emulated VM; "" where none is.
std::string emulation_note(const Run& run);

/// What a chart of single trials shows: the first headline of the run that was sampled and not counted.
struct Subject {
  std::string scenario, metric;
  Unit unit = Unit::kNone;
  std::string title;  ///< "Time to ready"
  std::string axis;   ///< "time to ready"
};
/// Nothing for a run that has none.
std::optional<Subject> subject_of(const Run& run);

/// The valid samples of one metric, per target in the run's order, warm-up left out; targets without one too.
struct Series {
  TargetLook look;
  std::vector<const Sample*> samples;
  std::vector<double> values;
};
std::vector<Series> series_of(const Run& run, const std::string& scenario, const std::string& metric);

/// A summary's median as the tables say it: "11.4 s"
std::string median_text(const Summary& summary);
std::string value_text(double value, Unit unit);

/// A canvas with title and subtitle; `y` is where the rest begins.
struct Head {
  Canvas canvas;
  double y = 0;
};
Head headed(const std::string& title, const std::string& subtitle);

/// Rows of swatches with names from `y` on; returns where the rest begins.
double add_legend(Canvas& canvas, double y, const std::vector<std::pair<std::string, std::string>>& entries);

/// Pixels left of the panel for the widest of the names.
double names_room(const std::vector<std::string>& names);

/// `text` lines of at most `width` pixels, broken at spaces.
std::vector<std::string> wrap(const std::string& text, double size, double width);

/// "a, b and c"
std::string listed(const std::vector<std::string>& words);

/// `bottom`: of the last panel, in pixels.
Figure finished(const std::string& id, const std::string& title, Canvas canvas, double bottom,
                const std::string& alt, const std::string& caption);
/// The same, and the alternative text says where a VM was emulated.
Figure finished_with_note(const Run& run, const std::string& id, const std::string& title,
                          const Canvas& canvas, double bottom, const std::string& alt,
                          const std::string& caption);

}  // namespace bench
