#include "bench/app/stored/gate_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/base/json_number.h"
#include "bench/report/render/table.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVerdictSchema = "bench.verdict/1";

std::string series_name(const GateSeries& series) {
  if (series.metric.empty()) return series.target;
  return series.against.empty() ? fmt::format("{} of {}", series.metric, series.target)
                                : fmt::format("{}, {} / {}", series.metric, series.target, series.against);
}

std::string series_value(const GateSeries& series, double value) {
  if (!series.against.empty()) return ratio_text(value);
  const std::vector<double> one{value};
  return with_unit(value, scale_for(series.unit, one));
}

std::string limits_text(const GateLine& line) {
  const auto& limits = line.finding.limits;
  if (!limits) return "–";
  const GateSeries& series = line.finding.series;
  const double low = limits->centre - limits->margin;
  return fmt::format("{} – {}", series_value(series, limits->centre > 0 ? std::max(low, 0.0) : low),
                     series_value(series, limits->centre + limits->margin));
}

TextTable gate_table(const GateAnswer& answer) {
  TextTable table;
  table.header = {"metric", "target", "now", "usual", "allowed", "verdict", "why"};
  table.align = "llrrlll";
  int unchanged = 0, unknown = 0;
  for (const GateLine& line : answer.lines) {
    if (!line.decides && line.verdict != GateVerdict::kRegression &&
        line.verdict != GateVerdict::kImprovement) {
      ++(line.verdict == GateVerdict::kOk ? unchanged : unknown);
      continue;
    }
    const GateSeries& series = line.finding.series;
    table.rows.push_back(
        {series.metric.empty() ? "–" : series.metric,
         one_line(series.against.empty() ? series.target : series.target + " / " + series.against),
         series.current ? series_value(series, *series.current) : "–",
         line.finding.limits ? series_value(series, line.finding.limits->centre) : "–", limits_text(line),
         to_text(line.verdict) + (line.decides ? "" : " (watched)"), one_line(line.why)});
  }
  if (unchanged > 0) {
    table.notes.push_back(fmt::format("{} more figure{} watched: nothing beyond the limits", unchanged,
                                      unchanged == 1 ? "" : "s"));
  }
  if (unknown > 0) {
    table.notes.push_back(
        fmt::format("{} more figure{} watched: no answer", unknown, unknown == 1 ? "" : "s"));
  }
  return table;
}

/// The answer in one line.
std::string headline(const GateAnswer& answer) {
  const auto listed = [&](GateVerdict verdict) {
    std::string text;
    for (const GateLine& line : answer.lines) {
      if (!line.decides || line.verdict != verdict) continue;
      text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", one_line(series_name(line.finding.series)),
                          one_line(line.why));
    }
    return text;
  };
  if (answer.answer == GateResult::kRegression) {
    return fmt::format("{}{}: {}", to_text(answer.answer),
                       answer.confirmed_by.empty() ? " (not measured again)" : ", confirmed",
                       listed(GateVerdict::kRegression));
  }
  if (answer.answer == GateResult::kCouldNotMeasure) {
    return to_text(answer.answer) + ": " +
           (answer.lines.empty() ? std::string("the run holds nothing that can be judged")
                                 : listed(GateVerdict::kCouldNotMeasure));
  }
  if (answer.answer == GateResult::kInconclusive) {
    for (const GateVerdict verdict :
         {GateVerdict::kNotComparable, GateVerdict::kInconclusive, GateVerdict::kNoBaseline}) {
      if (std::string text = listed(verdict); !text.empty()) {
        return fmt::format("no answer, {}: {}", to_text(verdict), text.substr(0, text.find("; ")));
      }
    }
  }
  std::string text = to_text(answer.answer);
  if (const std::string better = listed(GateVerdict::kImprovement); !better.empty())
    text += "; improved: " + better;
  if (const std::string noise = listed(GateVerdict::kNotConfirmed); !noise.empty())
    text += "; not confirmed: " + noise;
  return text;
}

Json earlier_levels_json(const GateLine& line) {
  Json all = Json::array();
  for (const GateReference& reference : line.references) {
    all.push_back({{"name", reference.name},
                   {"then", reference.before},
                   {"now", reference.now},
                   {"margin", reference.margin},
                   {"change", reference.change},
                   {"verdict", to_text(reference.state == GateState::kWorse    ? GateVerdict::kRegression
                                       : reference.state == GateState::kBetter ? GateVerdict::kImprovement
                                                                               : GateVerdict::kOk)}});
  }
  return all;
}

}  // namespace

nlohmann::ordered_json verdict_json(const GateAnswer& answer, const Run& run, int code) {
  Json json;
  json["schema"] = kVerdictSchema;
  json["run_id"] = run.run_id;
  json["against"] = answer.against;
  json["answer"] = to_text(answer.answer);
  json["exit_code"] = code;
  json["confirmed_by"] = answer.confirmed_by.empty() ? Json(nullptr) : Json(answer.confirmed_by);
  json["says"] = headline(answer);
  json["notes"] = answer.notes;
  json["findings"] = Json::array();
  for (const GateLine& line : answer.lines) {
    const GateSeries& series = line.finding.series;
    const auto& limits = line.finding.limits;
    const auto of_limits = [&](double value) { return limits ? Json(value) : Json(nullptr); };
    json["findings"].push_back({{"scenario", series.scenario},
                                {"metric", series.metric},
                                {"target", series.target},
                                {"against", series.against.empty() ? Json(nullptr) : Json(series.against)},
                                {"unit", to_text(series.against.empty() ? series.unit : Unit::kRatio)},
                                {"value", number_or_null(series.current)},
                                {"usual", of_limits(limits ? limits->centre : 0)},
                                {"limit_low", of_limits(limits ? limits->centre - limits->margin : 0)},
                                {"limit_high", of_limits(limits ? limits->centre + limits->margin : 0)},
                                {"runs", limits ? limits->runs : 0},
                                {"change", limits ? Json(line.finding.change) : Json(nullptr)},
                                {"step_at", line.step_at.empty() ? Json(nullptr) : Json(line.step_at)},
                                {"earlier_levels", earlier_levels_json(line)},
                                {"second_value", number_or_null(line.second)},
                                {"decides", line.decides},
                                {"verdict", to_text(line.verdict)},
                                {"why", line.why}});
  }
  return json;
}

std::string gate_text(const GateAnswer& answer, const Run& run) {
  std::string text = fmt::format("{} against {}\n", one_line(run.run_id), one_line(answer.against));
  if (!answer.lines.empty()) text += console_table(gate_table(answer));
  for (const std::string& note : answer.notes) text += "  " + one_line(note) + "\n";
  return text + headline(answer) + "\n";
}

}  // namespace bench
