#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "bench/core/first_metrics.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"

namespace bench {
namespace {

constexpr const char* kSizeScenario = scenario::kSize;
/// Two sources of one size that differ by more are shown as a disagreement.
constexpr double kAgree = 0.01;

/// The declared sizes, and what the one on disk is made of.
struct Declared {
  std::vector<const MetricSpec*> figures, parts;
};
Declared declared_sizes(const Run& run) {
  Declared declared;
  const ScenarioSpec* size = find_scenario(run, kSizeScenario);
  if (size == nullptr) return declared;
  for (const MetricSpec& spec : size->metrics) {
    if (is_compared(spec)) declared.figures.push_back(&spec);
    if (spec.role == Role::kPart && spec.part_of == metric::kDisk) declared.parts.push_back(&spec);
  }
  return declared;
}

bool is_bytes(const MetricSpec& spec) {
  return spec.unit == Unit::kBytes;
}

std::optional<double> value(const Run& run, const std::string& target, const std::string& metric) {
  const Summary* summary = find_summary(run, kSizeScenario, target, metric);
  return summary == nullptr ? std::nullopt : std::optional(summary->median);
}

TextTable figures_table(const Run& run, const std::vector<const TargetInfo*>& targets) {
  std::vector<double> bytes;
  const Declared declared = declared_sizes(run);
  for (const MetricSpec* figure : declared.figures) {
    for (const TargetInfo* target : targets) {
      if (is_bytes(*figure)) bytes.push_back(value(run, target->name, figure->name).value_or(0));
    }
  }
  const Scale scale = readable_scale(Unit::kBytes, bytes);
  TextTable table;
  table.title = fmt::format("Size of the images, in {}", scale.unit);
  table.header = {""};
  table.align = "l";
  const TargetInfo& first = *targets.front();
  for (const TargetInfo* target : targets) {
    table.header.push_back(one_line(target->name));
    table.align += 'r';
    if (target != &first) {
      table.header.push_back("/ " + shorten(one_line(first.name), 12));
      table.align += 'r';
    }
  }
  for (const MetricSpec* figure : declared.figures) {
    const auto base = value(run, first.name, figure->name);
    std::vector<std::string> row = {one_line(column_words(*figure, figure->name))};
    bool any = false;
    for (const TargetInfo* target : targets) {
      const auto size = value(run, target->name, figure->name);
      any = any || size;
      row.push_back(!size               ? kAbsent
                    : is_bytes(*figure) ? in_scale(*size, scale)
                                        : in_scale(*size, Scale{1, ""}));
      if (target != &first) {
        row.push_back(size && base && *base > 0 && *size > 0 && is_bytes(*figure) ? ratio_text(*size / *base)
                                                                                  : kAbsent);
      }
    }
    if (any) {
      table.rows.push_back(std::move(row));
    }
  }
  table.notes = {"sizes are counted, not sampled: exact, and the same whatever the acceleration"};
  return table;
}

TextTable attribution_table(const Run& run, const std::vector<const TargetInfo*>& targets) {
  TextTable table;
  const Declared declared = declared_sizes(run);
  std::map<std::string, double> sums;
  std::vector<double> bytes;
  for (const TargetInfo* target : targets) {
    for (const MetricSpec* part : declared.parts) {
      sums[target->name] += value(run, target->name, part->name).value_or(0);
    }
    bytes.push_back(sums[target->name]);
  }
  const Scale scale = readable_scale(Unit::kBytes, bytes);
  table.title = fmt::format("Where the bytes on disk are, in {}", scale.unit);
  table.header = {""};
  table.align = "l";
  for (const TargetInfo* target : targets) {
    table.header.insert(table.header.end(), {one_line(target->name), "share"});
    table.align += "rr";
  }
  for (const MetricSpec* part : declared.parts) {
    std::vector<std::string> row = {one_line(column_words(*part, part->name))};
    bool any = false;
    for (const TargetInfo* target : targets) {
      const auto size = value(run, target->name, part->name);
      any = any || size;
      row.push_back(size ? in_scale(*size, scale) : kAbsent);
      row.push_back(size && sums[target->name] > 0 ? percent_text(*size / sums[target->name]) : kAbsent);
    }
    if (any) {
      table.rows.push_back(std::move(row));
    }
  }
  if (table.rows.empty()) {
    return table;
  }
  std::vector<std::string> total = {"together"};
  for (const TargetInfo* target : targets) {
    const double sum = sums[target->name];
    total.push_back(sum > 0 ? in_scale(sum, scale) : kAbsent);
    total.emplace_back("");
    const auto disk = value(run, target->name, metric::kDisk);
    if (sum > 0 && disk && *disk > 0) {
      const double off = std::abs(sum - *disk) / *disk;
      if (off > kAgree) {
        table.notes.push_back(fmt::format("{}: DOES NOT add up: {} on disk, {} apart", one_line(target->name),
                                          with_unit(*disk, scale), percent_text(off)));
      }
    }
  }
  table.rows.push_back(std::move(total));
  if (table.notes.empty()) {
    table.notes.push_back(
        fmt::format("each column adds up to what is on disk, within {}", percent_text(kAgree)));
  }
  return table;
}

/// size.check.<quantity>_<source>: the same quantity as size.<quantity>, from another source.
TextTable checks_table(const Run& run) {
  TextTable table;
  table.title = "The same sizes from a second source";
  table.header = {"target", "what", "source", "measured", "second source", "apart"};
  table.align = "lllrrr";
  const std::string prefix = metric::kSizeCheck;
  for (const Summary& summary : run.summaries) {
    if (summary.scenario != kSizeScenario || !summary.metric.starts_with(prefix)) {
      continue;
    }
    const std::string name = summary.metric.substr(prefix.size());
    const std::size_t cut = name.find('_');
    const std::string quantity = name.substr(0, cut);
    const auto ours = value(run, summary.target, "size." + quantity);
    const std::array<double, 2> both = {summary.median, ours.value_or(0)};
    const Scale scale = readable_scale(Unit::kBytes, both);
    std::string apart = kUnknown;
    if (ours && *ours > 0) {
      const double off = std::abs(summary.median - *ours) / *ours;
      apart = off == 0 ? "0" : percent_text(off);
      apart += off > kAgree ? " DISAGREES" : "";
    }
    table.rows.push_back({one_line(summary.target), one_line(quantity),
                          cut == std::string::npos ? kUnknown : one_line(name.substr(cut + 1)),
                          ours ? with_unit(*ours, scale) : kAbsent, with_unit(summary.median, scale), apart});
  }
  return table;
}

}  // namespace

std::vector<TextTable> size_tables(const Run& run) {
  const std::vector<const TargetInfo*> targets = measured_targets(run, kSizeScenario);
  if (targets.empty()) {
    return {};
  }
  std::vector<TextTable> tables = {figures_table(run, targets), attribution_table(run, targets),
                                   checks_table(run)};
  std::erase_if(tables, [](const TextTable& table) { return table.rows.empty(); });
  return tables;
}

}  // namespace bench
