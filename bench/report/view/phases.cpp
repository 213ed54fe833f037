#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "bench/core/first_metrics.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/view.h"

namespace bench {
namespace {

constexpr std::array<const char*, 8> kPhases = {"create", "launch",  "firmware", "kernel",
                                                "init",   "runtime", "app",      "ready"};

bool absent_by_nature(const Traits& traits, const std::string& phase) {
  if (phase == "firmware") return !traits.firmware;
  return (phase == "kernel" || phase == "init") && !traits.own_kernel();
}

/// A stretch of the way to ready, or ready itself.
bool is_mark(const Run& run, const std::string& metric) {
  const MetricSpec& spec = spec_of(run, metric);
  return spec.role == Role::kPhase || spec.role == Role::kHeadline;
}

/// A trial's marks by phase.
using Marks = std::map<std::string, double>;

struct Start {
  int round = 0;
  Marks marks;
  [[nodiscard]] double ready() const { return marks.at("ready"); }
};

std::vector<Start> starts_of(const Run& run, const std::string& target) {
  std::map<int, Start> by_round;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && sample.scenario == scenario::kStartup && sample.target == target &&
        is_mark(run, sample.metric)) {
      Start& start = by_round[sample.round];
      start.round = sample.round;
      start.marks[sample.metric.substr(sample.metric.rfind('.') + 1)] = sample.value;
    }
  }
  std::vector<Start> starts;
  for (auto& [round, start] : by_round) {
    if (start.marks.contains("ready")) {
      starts.push_back(std::move(start));
    }
  }
  return starts;
}

/// The start whose ready is the median; of two middle ones the quicker.
Start median_start(std::vector<Start> starts) {
  std::stable_sort(starts.begin(), starts.end(),
                   [](const Start& a, const Start& b) { return a.ready() < b.ready(); });
  return starts[(starts.size() - 1) / 2];
}

/// The marks that can be believed: in the order of the phases, none after ready. One that arrived out of
/// order is unknown.
std::map<std::string, std::optional<double>> believed(const Start& start) {
  std::map<std::string, std::optional<double>> marks;
  double latest = 0;
  for (const std::string phase : kPhases) {
    const auto found = start.marks.find(phase);
    if (found != start.marks.end() && found->second >= latest && found->second <= start.ready()) {
      marks[phase] = latest = found->second;
    } else {
      marks[phase] = std::nullopt;
    }
  }
  return marks;
}

/// Four digits of the whole for every part of it, so that the parts can be seen to add up.
std::string part(double value, double whole, const Scale& scale) {
  const double shown = whole / scale.divisor;
  const int decimals = shown > 0 ? std::clamp(3 - static_cast<int>(std::floor(std::log10(shown))), 0, 6) : 3;
  return fmt::format("{:.{}f}", value / scale.divisor, decimals);
}

PhaseTable phases_of(const TargetInfo& target, const Start& start, const Scale& scale) {
  PhaseTable table;
  table.target = stamped(target);
  table.ready = start.ready();
  table.scale = scale;
  table.title = fmt::format("{}, round {}: ready after {}", table.target, start.round + 1,
                            with_unit(start.ready(), scale));
  double begin = 0;
  std::string unknown;  // whose time is part of the next known phase
  const auto marks = believed(start);
  for (const std::string phase : kPhases) {
    PhaseRow row{phase, "–", "–", "", begin, begin};
    if (const std::optional<double> mark = marks.at(phase)) {
      row.end = *mark;
      row.took = part(*mark - begin, start.ready(), scale);
      row.at = part(*mark, start.ready(), scale);
      row.note = unknown.empty() ? "" : "with " + unknown;
      begin = *mark;
      unknown.clear();
    } else if (!absent_by_nature(target.traits, phase)) {
      row.took = row.at = "?";
      unknown += (unknown.empty() ? "" : ", ") + phase;
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<PhaseTable> phase_tables(const Run& run) {
  std::vector<std::pair<const TargetInfo*, Start>> medians;
  std::vector<double> ready;
  for (const TargetInfo& target : run.targets) {
    if (std::vector<Start> starts = starts_of(run, target.name); !starts.empty()) {
      medians.emplace_back(&target, median_start(std::move(starts)));
      ready.push_back(medians.back().second.ready());
    }
  }
  std::vector<PhaseTable> tables;
  tables.reserve(medians.size());
  for (const auto& [target, start] : medians) {
    tables.push_back(phases_of(*target, start, scale_for(Unit::kSeconds, ready)));
  }
  return tables;
}

}  // namespace bench
