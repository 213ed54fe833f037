#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/base/lists.h"
#include "bench/core/first_metrics.h"
#include "bench/core/process_role.h"
#include "bench/report/charts/bars.h"
#include "bench/report/charts/charts.h"
#include "bench/report/view/view.h"

namespace bench {
namespace {

constexpr std::string_view kPart = metric::kMemoryPart;

/// Other points of view on the same instance.
constexpr std::array<Named, 4> kViews = {{{metric::kHostRss, "RSS"},
                                          {metric::kHostUss, "USS"},
                                          {metric::kCgroup, "cgroup"},
                                          {metric::kGuestUsed, "guest's own view"}}};

struct DrawnRole {
  std::string name, words, colour;
};

/// The roles of the run's processes: the known ones first, dark and light by turns, then the others in the
/// order of the run.
std::vector<DrawnRole> drawn_roles(const Run& run) {
  static const std::array<const char*, kProcessRoles.size()> colours = {kOrange,  kVermilion, kYellow, kGreen,
                                                                        kSkyBlue, kGrey,      kPurple};
  static const std::array<const char*, 4> more = {kBlue, "#F3B58C", "#8C3D00", "#444444"};
  std::vector<DrawnRole> roles;
  const auto measured = [&](const std::string& name) {
    return std::any_of(run.summaries.begin(), run.summaries.end(), [&](const Summary& summary) {
      return summary.scenario == scenario::kMemory && summary.metric == std::string(kPart) + name;
    });
  };
  for (std::size_t i = 0; i < kProcessRoles.size(); ++i) {
    const std::string name(kProcessRoles[i].name);
    if (measured(name)) roles.push_back({name, role_words(run, name), colours[i]});
  }
  std::size_t others = 0;
  for (const Summary& summary : run.summaries) {
    if (summary.scenario != scenario::kMemory || !summary.metric.starts_with(kPart)) continue;
    const std::string name = summary.metric.substr(kPart.size());
    if (std::none_of(roles.begin(), roles.end(), [&](const DrawnRole& role) { return role.name == name; })) {
      roles.push_back({name, one_line(role_words(run, name)), more[others++ % more.size()]});
    }
  }
  return roles;
}

std::optional<double> memory_median(const Run& run, const TargetLook& look, const std::string& metric) {
  const Summary* summary = find_summary(run, scenario::kMemory, look.target->name, metric);
  return summary == nullptr ? std::nullopt : std::optional(summary->median);
}

/// The bars of all targets, and the same in words.
struct MemoryRows {
  std::vector<BarRow> rows;
  std::string alt;
  bool loaded = false;  ///< some were measured after requests too
};

/// The thick bar of a target, by role.
void add_pss(MemoryRows& all, const Run& run, const TargetLook& look, double pss,
             const std::vector<DrawnRole>& roles, const Scale& scale) {
  BarRow row{look.name};
  row.target = look.name;
  row.gap = all.rows.empty() ? 8 : 16;
  row.height = 28;
  std::vector<std::string> spoken;
  for (const DrawnRole& role : roles) {
    const auto part = memory_median(run, look, std::string(kPart) + role.name);
    if (!part || *part <= 0) continue;
    row.parts.push_back({role.words, role.colour, *part});
    spoken.push_back(fmt::format("{} {}", role.words, with_unit(*part, scale)));
  }
  if (row.parts.empty()) row.parts.push_back({"", look.colour, pss});
  row.text = with_unit(pss, scale);
  all.alt += fmt::format(" {}: {} PSS", look.name, row.text);
  if (!spoken.empty()) all.alt += " (" + listed(spoken) + ")";
  if (const auto loaded = memory_median(run, look, metric::kLoadedPss)) {
    row.mark = loaded;
    row.text += fmt::format(", loaded {}", with_unit(*loaded, scale));
    all.alt += fmt::format(", {} after 100 requests", with_unit(*loaded, scale));
    all.loaded = true;
  }
  all.rows.push_back(std::move(row));
}

/// The thin bars of a target.
void add_views(MemoryRows& all, const Run& run, const TargetLook& look, const Scale& scale) {
  for (const Named& view : kViews) {
    const auto value = memory_median(run, look, view.metric);
    if (!value) continue;
    BarRow row{view.words, {{"", look.tint, *value}}, with_unit(*value, scale)};
    row.target = look.name;
    row.height = 9;
    row.gap = 6;
    all.alt += fmt::format(", {} {}", view.words, row.text);
    all.rows.push_back(std::move(row));
  }
}

}  // namespace

std::optional<Figure> memory_figure(const Run& run) {
  const std::vector<TargetLook> looks = target_looks(run);
  std::vector<double> values;
  for (const TargetLook& look : looks) {
    if (const auto pss = memory_median(run, look, metric::kHostPss)) values.push_back(*pss);
  }
  if (values.empty()) return std::nullopt;

  const Scale scale = readable_scale(Unit::kBytes, values);
  const std::vector<DrawnRole> roles = drawn_roles(run);
  MemoryRows all;
  all.alt = "Stacked bars: the memory that one instance costs the host, by role of its processes.";
  for (const TargetLook& look : looks) {
    const auto pss = memory_median(run, look, metric::kHostPss);
    if (!pss) continue;
    add_pss(all, run, look, *pss, roles, scale);
    add_views(all, run, look, scale);
    all.alt += ".";
  }

  const std::string title = "Memory of one instance, by who holds it";
  auto [canvas, y] =
      headed(title, subtitle(run,
                             std::string("thick bar: PSS of every host process that the instance costs") +
                                 (all.loaded ? "; diamond: the same after 100 requests" : "") +
                                 "; thin bars: the same instance seen otherwise; medians",
                             rounds_text(run, scenario::kMemory, metric::kHostPss)));
  std::vector<std::pair<std::string, std::string>> legend;
  legend.reserve(roles.size());
  for (const DrawnRole& role : roles) legend.emplace_back(role.words, role.colour);
  if (!legend.empty()) y = add_legend(canvas, y + 6, legend);
  y = add_zoomed_bars(canvas, y, labels_room(all.rows), all.rows,
                      {Unit::kBytes, scale, scenario::kMemory, Shape::kDiamond});
  return finished_with_note(
      run, "memory", title, canvas, y, all.alt,
      "Memory of one settled instance. Thick bars: PSS of its host processes by role, which splits "
      "shared pages fairly; each part is a median of its own, so a stack may miss its total a "
      "little. Thin bars: other views of the same instance.");
}

}  // namespace bench
