#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "bench/base/lists.h"
#include "bench/core/first_metrics.h"
#include "bench/report/charts/charts.h"
#include "bench/report/charts/style.h"
#include "bench/report/view/view.h"

namespace bench {
namespace {

constexpr double kTimelineRow = 44;  // pixels of a target's row
constexpr double kHalf = 0.34;       // of a row: half the bar

/// Dark and light by turns, so that neighbours stay apart in grey.
struct PhaseColour {
  const char* phase;
  const char* colour;
};
constexpr std::array<PhaseColour, 8> kPhaseColours = {{{"create", kGrey},
                                                       {"launch", kSkyBlue},
                                                       {"firmware", kVermilion},
                                                       {"kernel", kOrange},
                                                       {"init", kBlue},
                                                       {"runtime", kPurple},
                                                       {"app", kGreen},
                                                       {"ready", kYellow}}};

const char* phase_colour(const std::string& phase) {
  const auto* found = find_where(kPhaseColours, [&](const PhaseColour& row) { return row.phase == phase; });
  return found == nullptr ? kBlack : found->colour;
}

struct Timeline {
  std::string name;
  const PhaseTable* table;
};

/// Those that are too short to be seen beside the longest.
std::vector<Timeline> quick_ones(const std::vector<Timeline>& rows) {
  double slowest = 0;
  for (const Timeline& row : rows) slowest = std::max(slowest, row.table->ready);
  std::vector<Timeline> quick;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(quick),
               [&](const Timeline& row) { return row.table->ready * kLogFrom < slowest; });
  return quick;
}

std::string ready_text(const PhaseTable& table) {
  return with_unit(table.ready, table.scale);
}

/// One timeline per row; returns the panel's bottom.
double add_timelines(Canvas& canvas, double top, double left, const std::vector<Timeline>& rows,
                     const std::string& x_title) {
  std::vector<double> ends;
  double label = 0;
  for (const Timeline& row : rows) {
    ends.push_back(row.table->ready);
    label = std::max(label, text_width(ready_text(*row.table), 12));
  }
  Panel panel{left, top, canvas.width - kEdge, top + kTimelineRow * static_cast<double>(rows.size()), {}, {}};
  panel.x = axis_from_zero(ends, (label + 16) / (panel.right - panel.left));
  panel.y = {0, static_cast<double>(rows.size()), false};
  const Scale& scale = rows.front().table->scale;
  panel.x_ticks = ticks_on(panel.x, scale);
  panel.x_title = x_title.empty() ? "" : fmt::format("{} ({})", x_title, scale.unit);
  double middle = panel.y.high - 0.5;
  for (const Timeline& row : rows) {
    for (const PhaseRow& phase : row.table->rows) {
      if (phase.end <= phase.begin) continue;
      const std::string colour = phase_colour(phase.name);
      const double from = panel.x_pixel(phase.begin);
      const double to = panel.x_pixel(phase.end);
      // A white edge would be all there is of a sliver.
      panel.bar(phase.begin, phase.end, middle - kHalf, middle + kHalf, colour,
                to - from > kSliver ? kWhite : "");
      const std::string whole = phase.name + (phase.note.empty() ? "" : " (" + phase.note + ")");
      const std::string& text = to - from > text_width(whole, 11) + 8 ? whole : phase.name;
      if (to - from > text_width(text, 11) + 8) {
        canvas.words.push_back(
            {(from + to) / 2, panel.y_pixel(middle), text, Align::kCentre, ink_on(colour), 11});
      }
    }
    canvas.words.push_back({left - 10, panel.y_pixel(middle), row.name, Align::kRight});
    canvas.words.push_back(
        {panel.x_pixel(row.table->ready) + 8, panel.y_pixel(middle), ready_text(*row.table)});
    --middle;
  }
  canvas.panels.push_back(panel);
  return panel.bottom;
}

std::string spoken_phases(const PhaseTable& table, const std::string& name) {
  std::vector<std::string> parts;
  for (const PhaseRow& phase : table.rows) {
    if (phase.end > phase.begin) {
      parts.push_back(fmt::format("{} {} {}{}", phase.name, phase.took, table.scale.unit,
                                  phase.note.empty() ? "" : " (" + phase.note + ")"));
    }
  }
  return fmt::format("{}: ready after {}: {}.", name, ready_text(table), listed(parts));
}

std::vector<Timeline> timelines_of(const Run& run, const std::vector<PhaseTable>& tables) {
  const std::vector<TargetLook> looks = target_looks(run);
  std::vector<Timeline> rows;
  for (const PhaseTable& table : tables) {
    const TargetLook* look = find_where(
        looks, [&](const TargetLook& candidate) { return stamped(*candidate.target) == table.target; });
    rows.push_back({look == nullptr ? table.target : look->name, &table});
  }
  return rows;
}

/// The colours of the phases that any target has.
std::vector<std::pair<std::string, std::string>> phase_legend(const std::vector<PhaseTable>& tables) {
  std::vector<std::pair<std::string, std::string>> legend;
  for (const PhaseColour& row : kPhaseColours) {
    const bool used = std::any_of(tables.begin(), tables.end(), [&](const PhaseTable& table) {
      return std::any_of(table.rows.begin(), table.rows.end(), [&](const PhaseRow& phase) {
        return phase.name == row.phase && phase.end > phase.begin;
      });
    });
    if (used) legend.emplace_back(row.phase, row.colour);
  }
  return legend;
}

/// All targets, and below them the quick ones again, as often as some are quicker still.
double add_zoomed_timelines(Canvas& canvas, double y, double left, const std::vector<Timeline>& rows) {
  const std::string x_title = "time since the start request";
  std::vector<Timeline> shown = quick_ones(rows);
  y = add_timelines(canvas, y, left, rows, shown.empty() ? x_title : "");
  while (!shown.empty()) {
    std::vector<Timeline> quicker = quick_ones(shown);
    y += 52;
    const std::size_t note = canvas.words.size();
    canvas.words.push_back({left, y, "", Align::kLeft, kGrey, 11.5});
    y = add_timelines(canvas, y + 12, left, shown, quicker.empty() ? x_title : "");
    canvas.words[note].text =
        fmt::format("{} again, the same trial{}, axis enlarged {}",
                    shown.size() == 1 ? shown.front().name : "the quick ones", shown.size() == 1 ? "" : "s",
                    ratio_text(canvas.panels.front().x.high / canvas.panels.back().x.high));
    shown = std::move(quicker);
  }
  return y;
}

}  // namespace

std::optional<Figure> phases_figure(const Run& run) {
  const std::vector<PhaseTable> tables = phase_tables(run);
  if (tables.empty()) return std::nullopt;

  const std::vector<Timeline> rows = timelines_of(run, tables);
  std::vector<std::string> names;
  std::string alt = "Stacked bars: the start-up of each target's median trial, cut into phases.";
  for (const Timeline& row : rows) {
    names.push_back(row.name);
    alt += " " + spoken_phases(*row.table, row.name);
  }
  const bool gaps = std::any_of(tables.begin(), tables.end(), [](const PhaseTable& table) {
    return std::any_of(table.rows.begin(), table.rows.end(),
                       [](const PhaseRow& phase) { return !phase.note.empty(); });
  });
  const std::string title = "Start-up, phase by phase";
  auto [canvas, y] = headed(
      title,
      subtitle(
          run,
          std::string("each target's median trial, from the first engine call to the first verified answer") +
              (gaps ? "; a phase whose mark is unknown is part of the next" : ""),
          rounds_text(run, scenario::kStartup, metric::kReady)));
  y = add_legend(canvas, y + 6, phase_legend(tables));
  y = add_zoomed_timelines(canvas, y, names_room(names), rows);
  return finished_with_note(
      run, "startup-phases", title, canvas, y, alt,
      std::string("Start-up of the median trial of each target, from the first engine call to the first "
                  "verified answer, cut into phases that both worlds share; a phase that a target does not "
                  "have is absent.") +
          (quick_ones(rows).empty() ? "" : " Below: the quick targets again on an axis of their own."));
}

}  // namespace bench
