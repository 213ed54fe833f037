#include "bench/core/metric.h"

#include <algorithm>
#include <array>

#include "bench/core/first_metrics.h"
#include "bench/core/run.h"

namespace bench {
namespace {

bool is_family(const MetricSpec& spec) {
  return spec.name.ends_with(".*");
}

/// With the dot: "size.part."
std::string_view stem(const MetricSpec& spec) {
  return std::string_view(spec.name).substr(0, spec.name.size() - 1);
}

MetricSpec undeclared(Unit unit, Better better, Manner manner, bool needs_hardware) {
  MetricSpec spec;
  spec.unit = unit;
  spec.better = better;
  spec.manner = manner;
  spec.needs_hardware = needs_hardware;
  return spec;
}

const MetricSpec& undeclared(Unit unit) {
  static const std::array<MetricSpec, 4> specs = {
      undeclared(Unit::kSeconds, Better::kLower, Manner::kSpeed, true),
      undeclared(Unit::kPerSecond, Better::kHigher, Manner::kSpeed, true),
      undeclared(Unit::kBytes, Better::kLower, Manner::kAmount, false),
      undeclared(Unit::kNone, Better::kNeither, Manner::kAmount, false),
  };
  const auto* found =
      std::find_if(specs.begin(), specs.end(), [&](const MetricSpec& spec) { return spec.unit == unit; });
  return found == specs.end() ? specs.back() : *found;
}

Unit unit_of(const Run& run, std::string_view metric) {
  for (const Summary& summary : run.summaries) {
    if (summary.metric == metric) return summary.unit;
  }
  for (const Sample& sample : run.samples) {
    if (sample.metric == metric) return sample.unit;
  }
  return Unit::kNone;
}

}  // namespace

const MetricSpec* headline_of(const ScenarioSpec& scenario) {
  const auto found = std::find_if(scenario.metrics.begin(), scenario.metrics.end(),
                                  [](const MetricSpec& spec) { return spec.role == Role::kHeadline; });
  if (found != scenario.metrics.end()) return &*found;
  return scenario.metrics.empty() ? nullptr : scenario.metrics.data();
}

const std::vector<ScenarioSpec>& declared_scenarios(const Run& run) {
  return run.scenarios.empty() ? first_scenarios() : run.scenarios;
}

const ScenarioSpec* find_scenario(const Run& run, std::string_view name) {
  const auto& declared = declared_scenarios(run);
  const auto found = std::find_if(declared.begin(), declared.end(),
                                  [&](const ScenarioSpec& scenario) { return scenario.name == name; });
  return found == declared.end() ? nullptr : &*found;
}

const MetricSpec* find_metric(const ScenarioSpec& scenario, std::string_view metric) {
  const MetricSpec* family = nullptr;
  for (const MetricSpec& spec : scenario.metrics) {
    if (spec.name == metric) return &spec;
    if (is_family(spec) && metric.starts_with(stem(spec)) &&
        (family == nullptr || family->name.size() < spec.name.size())) {
      family = &spec;
    }
  }
  return family;
}

const MetricSpec& spec_of(const Run& run, std::string_view metric) {
  for (const ScenarioSpec& scenario : declared_scenarios(run)) {
    if (const MetricSpec* spec = find_metric(scenario, metric)) return *spec;
  }
  return undeclared(unit_of(run, metric));
}

bool is_compared(const MetricSpec& spec) {
  return spec.role != Role::kPart && spec.role != Role::kCheck && spec.role != Role::kHarness;
}

bool is_result(const MetricSpec& spec) {
  return is_compared(spec) && spec.role != Role::kPhase;
}

std::string_view family_member(const MetricSpec& spec, std::string_view metric) {
  return is_family(spec) ? metric.substr(stem(spec).size()) : metric;
}

std::string column_words(const MetricSpec& spec, std::string_view metric) {
  return spec.column.empty() ? std::string(metric) : spec.column;
}

std::string label_words(const MetricSpec& spec, std::string_view metric) {
  return spec.words.empty() ? std::string(metric) : spec.words;
}

std::string subject_words(const MetricSpec& spec, std::string_view metric) {
  return spec.subject.empty() ? label_words(spec, metric) : spec.subject;
}

double threshold_of(const MetricSpec& spec) {
  return spec.threshold.value_or(spec.exact ? kExactThreshold : kThreshold);
}

}  // namespace bench
