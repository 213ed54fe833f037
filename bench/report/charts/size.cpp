#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/core/first_metrics.h"
#include "bench/report/charts/bars.h"
#include "bench/report/charts/charts.h"
#include "bench/report/view/view.h"

namespace bench {
namespace {

struct SizeRow {
  const char* metric;
  const char* slim;  ///< the metric of the slimmed variant; "": it has none
};
constexpr std::array<SizeRow, 4> kSizes = {{{metric::kTransfer, metric::kSlimTransfer},
                                            {metric::kDisk, metric::kSlimDisk},
                                            {metric::kUnique, ""},
                                            {metric::kOneMoreApp, ""}}};

/// In the order in which they are stacked. Dark and light by turns.
struct Category {
  const char* name;
  const char* colour;
};
constexpr std::array<Category, 12> kCategories = {{{"kernel", kVermilion},
                                                   {"modules", "#F3B58C"},
                                                   {"firmware", "#8C3D00"},
                                                   {"init", kOrange},
                                                   {"packages", kGrey},
                                                   {"base", kSkyBlue},
                                                   {"python", kBlue},
                                                   {"dependencies", kYellow},
                                                   {"app", kGreen},
                                                   {"docs", kPurple},
                                                   {"filesystem", "#BBBBBB"},
                                                   {"other", "#444444"}}};

std::string part_words(const Run& run, const Category& category) {
  return metric_words(run, std::string(metric::kSizePart) + category.name);
}

std::string subtitle_of(const Run& run, const std::string& what) {
  std::string text = what;
  if (run.status != RunStatus::kComplete) text += "; run " + to_text(run.status);
  if (const std::string note = emulation_note(run); !note.empty()) {
    text += "; VM runs under TCG, which sizes do not depend on";
  }
  return text;
}

}  // namespace

std::optional<Figure> size_figure(const Run& run) {
  const std::vector<TargetLook> looks = target_looks(run);
  std::vector<double> values;
  for (const Summary& summary : run.summaries) {
    const bool shown = std::any_of(kSizes.begin(), kSizes.end(), [&](const SizeRow& row) {
      return summary.metric == row.metric || summary.metric == row.slim;
    });
    if (shown && summary.scenario == scenario::kSize) values.push_back(summary.median);
  }
  const Scale scale = readable_scale(Unit::kBytes, values);
  std::vector<BarRow> rows;
  bool slim = false;
  std::string alt = "Bar chart of the images' sizes.";
  for (const SizeRow& size : kSizes) {
    bool first = true;
    std::vector<std::string> spoken;
    for (const TargetLook& look : looks) {
      const Summary* summary = find_summary(run, scenario::kSize, look.target->name, size.metric);
      if (summary == nullptr) continue;
      if (first) {
        BarRow heading{metric_words(run, size.metric)};
        heading.height = 14;
        heading.gap = rows.empty() ? 6 : 14;
        rows.push_back(std::move(heading));
        first = false;
      }
      BarRow row{look.name, {{"", look.colour, summary->median}}, with_unit(summary->median, scale)};
      row.height = 18;
      row.gap = 5;
      spoken.push_back(fmt::format("{} {}", look.name, row.text));
      if (const Summary* smaller = size.slim[0] == '\0'
                                       ? nullptr
                                       : find_summary(run, scenario::kSize, look.target->name, size.slim)) {
        row.mark = smaller->median;
        row.text += fmt::format(" (slimmed: {})", with_unit(smaller->median, scale));
        spoken.back() += fmt::format(" (slimmed {})", with_unit(smaller->median, scale));
        slim = true;
      }
      rows.push_back(std::move(row));
    }
    if (!spoken.empty()) alt += fmt::format(" {}: {}.", metric_words(run, size.metric), listed(spoken));
  }
  if (rows.empty()) return std::nullopt;

  const std::string title = "Size of the images";
  auto [canvas, y] = headed(
      title,
      subtitle_of(run, std::string("one image per target, the same compressor for all") +
                           (slim ? "; black line: the same image, slimmed by a careful engineer" : "")));
  y = add_bars(canvas, y, labels_room(rows), rows, {Unit::kBytes, scale, "size"});
  return finished(
      "size", title, canvas, y, alt,
      "Bytes to transfer (compressed), allocated on disk, unique over what targets of a kind share, "
      "and what one more app on the same base adds." +
          std::string(slim ? " The black line marks the slimmed variant of the same image." : ""));
}

std::optional<Figure> size_parts_figure(const Run& run) {
  std::vector<BarRow> rows;
  std::vector<double> totals, disks;
  std::vector<bool> used(kCategories.size(), false);
  std::string alt = "Stacked bars: what takes the place on disk, per target.";
  for (const TargetLook& look : target_looks(run)) {
    BarRow row{look.name};
    row.height = 30;
    row.gap = 12;
    row.target = look.name;
    std::vector<std::pair<double, std::string>> spoken;
    for (std::size_t i = 0; i < kCategories.size(); ++i) {
      const Summary* part = find_summary(run, scenario::kSize, look.target->name,
                                         std::string(metric::kSizePart) + kCategories[i].name);
      if (part == nullptr || part->median <= 0) continue;
      used[i] = true;
      row.parts.push_back({kCategories[i].name, kCategories[i].colour, part->median});
      spoken.emplace_back(part->median, fmt::format("{} {}", part_words(run, kCategories[i]),
                                                    value_text(part->median, Unit::kBytes)));
    }
    if (row.parts.empty()) continue;
    const Summary* disk = find_summary(run, scenario::kSize, look.target->name, metric::kDisk);
    disks.push_back(disk == nullptr ? row.total() : disk->median);
    totals.push_back(row.total());
    std::stable_sort(spoken.begin(), spoken.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<std::string> words;
    words.reserve(spoken.size());
    for (const auto& [value, text] : spoken) words.push_back(text);
    alt +=
        fmt::format(" {}, {} on disk: {}.", look.name, value_text(disks.back(), Unit::kBytes), listed(words));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return std::nullopt;

  const Scale scale = readable_scale(Unit::kBytes, totals);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].text = with_unit(disks[i], scale);
  const std::string title = "Where the bytes are";
  auto [canvas, y] = headed(
      title,
      subtitle_of(run, "the image on disk, from the package database and the file system of each target"));
  std::vector<std::pair<std::string, std::string>> legend;
  for (std::size_t i = 0; i < kCategories.size(); ++i) {
    if (used[i]) legend.emplace_back(part_words(run, kCategories[i]), kCategories[i].colour);
  }
  y = add_legend(canvas, y + 6, legend);
  y = add_zoomed_bars(canvas, y, labels_room(rows), rows, {Unit::kBytes, scale, "size on disk"});
  return finished(
      "size-parts", title, canvas, y, alt,
      "What the bytes of each image on disk are for; the parts of a bar stand in the order of the "
      "legend and add up to the size on disk.");
}

}  // namespace bench
