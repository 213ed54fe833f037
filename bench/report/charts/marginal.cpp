#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "bench/core/first_metrics.h"
#include "bench/report/charts/charts.h"
#include "bench/report/charts/style.h"
#include "bench/stats/judge/comparable.h"

namespace bench {
namespace {

constexpr const char* kMetric = metric::kAvailable;
constexpr double kCurveHeight = 270;  // pixels of a panel

/// One target's curve: how much available memory the host has given up at N instances, all passes.
struct Curve {
  TargetLook look;
  const Summary* slope = nullptr;
  MetricSpec spec{};  ///< of the slope
  std::vector<std::pair<double, double>> points;
  double most = 0;  ///< the largest of the points
  std::size_t passes = 0;

  /// The largest N that was measured.
  [[nodiscard]] double last() const {
    double n = 0;
    for (const auto& [at, gone] : points) n = std::max(n, at);
    return n;
  }

  [[nodiscard]] double fit(double n) const {
    double x = 0;
    double y = 0;
    for (const auto& [at, gone] : points) {
      x += at / static_cast<double>(points.size());
      y += gone / static_cast<double>(points.size());
    }
    return y + slope->median * (n - x);
  }
};

/// Each pass counts from its own start, since other work on the host moves MemAvailable between passes. A
/// pass that has no N = 0 counts from its least N, taken to lie on the line.
Curve curve_of(const Run& run, const TargetLook& look) {
  Curve curve;
  curve.look = look;
  curve.slope = find_summary(run, scenario::kMemory, look.target->name, metric::kOneMore);
  curve.spec = spec_of(run, metric::kOneMore);
  std::map<int, std::vector<std::pair<double, double>>> passes;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && sample.scenario == scenario::kMemory && sample.metric == kMetric && sample.at &&
        sample.target == look.target->name && std::isfinite(sample.value) && std::isfinite(*sample.at)) {
      passes[sample.round].emplace_back(*sample.at, sample.value);
    }
  }
  curve.passes = passes.size();
  for (auto& [round, pass] : passes) {
    std::stable_sort(pass.begin(), pass.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    const double start =
        pass.front().second + (curve.slope == nullptr ? 0 : curve.slope->median * pass.front().first);
    for (const auto& [at, available] : pass) {
      curve.points.emplace_back(at, start - available);
      curve.most = std::max(curve.most, start - available);
    }
  }
  return curve;
}

std::string slope_text(const Curve& curve, const Scale& scale) {
  if (curve.slope == nullptr) return "no fit";
  return with_unit(curve.slope->median, scale) +
         (curve.slope->ci95 ? " " + bracket(*curve.slope->ci95, scale) : "") + " each" +
         (is_quotable(curve.spec, curve.slope->ci95) ? ""
          : curve.slope->ci95                        ? ", or nothing"
                                                     : ", from one pass");
}

double add_curves(Canvas& canvas, double top, const std::vector<const Curve*>& curves, const Scale& scale,
                  bool with_title) {
  double label = 0;
  double most = 1;
  std::vector<double> values;
  for (const Curve* curve : curves) {
    label = std::max({label, text_width(curve->look.name, 12), text_width(slope_text(*curve, scale), 11)});
    for (const auto& [at, gone] : curve->points) {
      most = std::max(most, at);
      values.push_back(gone);
    }
  }
  for (const Curve* curve : curves) {
    if (curve->slope == nullptr) continue;
    values.push_back(curve->fit(0));
    values.push_back(curve->fit(curve->last()));
  }
  Panel panel{kEdge + 66, top, canvas.width - kEdge - label - 14, top + kCurveHeight, {0, most * 1.03}, {}};
  values.push_back(0);
  panel.x.low = -0.02 * most;
  panel.y = axis_over(values, false);
  for (const Tick& tick : ticks_on({0, most, false}, {1, ""}, static_cast<int>(std::min(most, 10.0)))) {
    if (tick.at == std::floor(tick.at)) {
      panel.x_ticks.push_back({tick.at, fmt::format("{:.0f}", std::abs(tick.at))});
    }
  }
  panel.y_ticks = ticks_on(panel.y, scale, 6);
  panel.y_title = fmt::format("MemAvailable given up ({})", scale.unit);
  if (with_title) panel.x_title = "instances running at once (N)";
  std::vector<double> ends;
  for (const Curve* curve : curves) {
    if (curve->slope != nullptr) {
      // As far as was measured, and no farther.
      panel.line(0, curve->fit(0), curve->last(), curve->fit(curve->last()), curve->look.colour, 1.8);
    }
    for (const auto& [at, gone] : curve->points) {
      panel.sample(at, gone, curve->look.colour, curve->look.shape, 0.7);
    }
    ends.push_back(
        panel.y_pixel(curve->slope == nullptr ? curve->points.back().second : curve->fit(curve->last())));
  }
  ends = spread(ends, 34, panel.top + 8, panel.bottom - 12);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    canvas.words.push_back({panel.right + 10, ends[i] - 8, curves[i]->look.name});
    canvas.words.push_back(
        {panel.right + 10, ends[i] + 8, slope_text(*curves[i], scale), Align::kLeft, kGrey, 11});
  }
  canvas.panels.push_back(std::move(panel));
  return canvas.panels.back().bottom;
}

}  // namespace

std::optional<Figure> marginal_figure(const Run& run) {
  std::vector<Curve> curves;
  double most = 0;
  for (const TargetLook& look : target_looks(run)) {
    Curve curve = curve_of(run, look);
    if (curve.points.empty()) continue;
    most = std::max(most, curve.most);
    curves.push_back(std::move(curve));
  }
  if (curves.empty()) return std::nullopt;

  const Scale scale = readable_scale(Unit::kBytes, std::vector<double>{most});
  std::vector<const Curve*> all, small;
  std::string alt =
      "Scatter plot with fitted lines: available memory that the host gives up for N instances.";
  std::size_t passes = 0;
  for (const Curve& curve : curves) {
    all.push_back(&curve);
    if (curve.most > 0 && curve.most * kLogFrom < most) small.push_back(&curve);
    passes = std::max(passes, curve.passes);
    alt += fmt::format(" {}: {}, {} points.", curve.look.name, slope_text(curve, scale), curve.points.size());
  }
  const std::string title = "What one more instance costs";
  auto [canvas, y] =
      headed(title, subtitle(run,
                             "the host's MemAvailable against the number of instances; line: the mean of the "
                             "passes' slopes, with its 95 % interval",
                             fmt::format("{} pass{}", passes, passes == 1 ? "" : "es")));
  y = add_curves(canvas, y + 6, all, scale, small.empty());
  if (!small.empty()) {
    y += 54;
    const std::string who = small.size() == 1 ? small.front()->look.name : "the small ones";
    canvas.words.push_back({kEdge + 66, y, who + " again, on an axis of its own", Align::kLeft, kGrey, 11.5});
    if (small.size() > 1) canvas.words.back().text = who + " again, on an axis of their own";
    y = add_curves(canvas, y + 16, small, scale, true);
  }
  return finished_with_note(
      run, "memory-marginal", title, canvas, y, alt,
      "Available memory of the host against the number of instances that run at once; each pass "
      "counts from its own start. The slope is what one more instance costs, daemons and kernel "
      "included.");
}

}  // namespace bench
