#include "bench/report/charts/bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace bench {
namespace {

constexpr double kLast = 10;  // pixels below the last bar

double height_of(const std::vector<BarRow>& rows) {
  double height = kLast;
  for (const BarRow& row : rows) height += row.gap + row.height;
  return height;
}

/// `row` with the middle of its bar at `middle`, in pixels above the panel's bottom.
void add_bar_row(Canvas& canvas, Panel& panel, const BarRow& row, double middle, Shape mark) {
  const bool heading = row.parts.empty();
  const double size = row.height < 16 ? 11 : 12;
  canvas.words.push_back({panel.left - 10, panel.y_pixel(middle), row.label, Align::kRight,
                          row.height < 16 && !heading ? kGrey : kBlack, size, heading});
  double end = 0;
  for (const BarPart& part : row.parts) {
    if (part.value == 0) continue;
    const double begin = end;
    end += part.value;
    const double from = panel.x_pixel(begin);
    const double to = panel.x_pixel(end);
    // A white edge would be all there is of a sliver.
    panel.bar(begin, end, middle - row.height / 2, middle + row.height / 2, part.colour,
              row.parts.size() > 1 && to - from > kSliver ? kWhite : "");
    if (!part.name.empty() && row.height >= 16 && to - from > text_width(part.name, 11) + 6) {
      canvas.words.push_back(
          {(from + to) / 2, panel.y_pixel(middle), part.name, Align::kCentre, ink_on(part.colour), 11});
    }
  }
  if (row.mark) {
    if (mark == Shape::kTick) {
      panel.line(*row.mark, middle - row.height / 2 - 3, *row.mark, middle + row.height / 2 + 3, kBlack, 2.2);
    } else {
      panel.point(*row.mark, middle, kWhite, mark, 1.2);
      panel.point(*row.mark, middle, kBlack, mark, 0.85);
    }
  }
  if (!row.text.empty()) {
    canvas.words.push_back({panel.x_pixel(std::max(row.reach(), 0.0)) + (row.mark == row.reach() ? 14 : 9),
                            panel.y_pixel(middle), row.text, Align::kLeft, row.height < 16 ? kGrey : kBlack,
                            size});
  }
}

/// The rows of those targets whose longest bar is less than a kLogFrom-th of the longest of all.
std::vector<BarRow> small_targets(const std::vector<BarRow>& rows) {
  std::map<std::string, double> longest;
  double most = 0;
  for (const BarRow& row : rows) {
    longest[row.target] = std::max(longest[row.target], row.reach());
    most = std::max(most, row.reach());
  }
  std::vector<BarRow> small;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(small), [&](const BarRow& row) {
    return longest[row.target] > 0 && longest[row.target] * kLogFrom < most;
  });
  return small;
}

}  // namespace

double BarRow::total() const {
  double sum = 0;
  for (const BarPart& part : parts) sum += part.value;
  return sum;
}

double BarRow::reach() const {
  return std::max(total(), mark.value_or(0));
}

double labels_room(const std::vector<BarRow>& rows) {
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const BarRow& row : rows) names.push_back(row.label);
  return names_room(names);
}

double add_bars(Canvas& canvas, double top, double left, const std::vector<BarRow>& rows,
                const BarStyle& style, bool with_title) {
  Panel panel{left, top, canvas.width - kEdge, top + height_of(rows), {}, {}};
  const double width = panel.right - panel.left;
  // Room behind each bar for its own text: the longest text need not be behind the longest bar.
  double longest = 0;
  for (const BarRow& row : rows) {
    const double share = std::min((text_width(row.text, 12) + 20) / width, 0.6);
    longest = std::max(longest, row.reach() / (1 - share));
  }
  std::vector<double> ends = {longest};
  for (const BarRow& row : rows) {
    double end = 0;
    for (const BarPart& part : row.parts) ends.push_back(end += part.value);
  }
  panel.x = axis_from_zero(ends, 0.001);
  panel.y = {0, panel.bottom - panel.top, false};
  panel.x_ticks = ticks_on(panel.x, style.scale);
  if (with_title) panel.x_title = fmt::format("{} ({})", style.x_title, style.scale.unit);
  double at = panel.y.high;
  for (const BarRow& row : rows) {
    at -= row.gap + row.height / 2;
    add_bar_row(canvas, panel, row, at, style.mark);
    at -= row.height / 2;
  }
  canvas.panels.push_back(std::move(panel));
  return canvas.panels.back().bottom;
}

double add_zoomed_bars(Canvas& canvas, double top, double left, const std::vector<BarRow>& rows,
                       const BarStyle& style) {
  const std::size_t first = canvas.panels.size();
  std::vector<BarRow> shown = rows;
  std::vector<BarRow> small = small_targets(shown);
  double y = add_bars(canvas, top, left, shown, style, small.empty());
  while (!small.empty()) {
    shown = small;
    small = small_targets(shown);
    y += 52;
    const std::size_t note = canvas.words.size();
    canvas.words.push_back({left, y, "", Align::kLeft, kGrey, 11.5});
    y = add_bars(canvas, y + 12, left, shown, style, small.empty());
    const bool one = std::all_of(shown.begin(), shown.end(),
                                 [&](const BarRow& row) { return row.target == shown.front().target; });
    canvas.words[note].text =
        fmt::format("{} again, axis enlarged {}", one ? shown.front().label : "the small ones",
                    ratio_text(canvas.panels[first].x.high / canvas.panels.back().x.high));
  }
  return y;
}

}  // namespace bench
