#include "bench/report/render/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "bench/report/view/numbers.h"

namespace bench {
namespace {

std::string number_or_nothing(const std::optional<double>& value) {
  return value ? exact_text(*value) : std::string();
}

}  // namespace

std::string csv_field(std::string_view text) {
  std::string clean(text);
  for (char& c : clean) {
    if (c == '\n' || c == '\r' || c == '\0') {
      c = ' ';
    }
  }
  // Spaces at the ends are kept by quoting: readers may trim them otherwise.
  const bool ends_in_space = !clean.empty() && (clean.front() == ' ' || clean.back() == ' ');
  if (clean.find_first_of(",\"\t") == std::string::npos && !ends_in_space) {
    return clean;
  }
  std::string quoted = "\"";
  for (const char c : clean) {
    quoted += c;
    if (c == '"') {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string samples_csv(const Run& run, const ReportOptions& /*options*/) {
  std::string text = "scenario,target,metric,unit,value,round,position,warmup,resolution,at\r\n";
  for (const Sample& sample : run.samples) {
    text += csv_field(sample.scenario) + ',' + csv_field(sample.target) + ',' + csv_field(sample.metric) +
            ',' + to_text(sample.unit) + ',' + exact_text(sample.value) + ',' + std::to_string(sample.round) +
            ',' + std::to_string(sample.position) + ',' + (sample.warmup ? "true" : "false") + ',' +
            number_or_nothing(sample.resolution) + ',' + number_or_nothing(sample.at) + "\r\n";
  }
  return text;
}

std::string summaries_csv(const Run& run) {
  std::string text =
      "scenario,target,metric,unit,n,failures,median,mean,stddev,min,max,p95,ci95_low,ci95_high,outliers\r\n";
  for (const Summary& summary : run.summaries) {
    const auto& ci95 = summary.ci95;
    const std::vector<std::string> fields = {csv_field(summary.scenario),
                                             csv_field(summary.target),
                                             csv_field(summary.metric),
                                             to_text(summary.unit),
                                             std::to_string(summary.n),
                                             std::to_string(summary.failures),
                                             exact_text(summary.median),
                                             exact_text(summary.mean),
                                             number_or_nothing(summary.stddev),
                                             exact_text(summary.min),
                                             exact_text(summary.max),
                                             number_or_nothing(summary.p95),
                                             ci95 ? exact_text(ci95->low) : std::string(),
                                             ci95 ? exact_text(ci95->high) : std::string(),
                                             std::to_string(summary.outliers)};
    for (std::size_t i = 0; i < fields.size(); ++i) text += (i == 0 ? "" : ",") + fields[i];
    text += "\r\n";
  }
  return text;
}

std::string side_by_side_csv(const std::vector<NamedRun>& runs) {
  std::string text;
  for (const NamedRun& named : runs) {
    const std::string rows = summaries_csv(named.run);
    const std::string name = csv_field(named.name);
    for (std::size_t at = 0; at < rows.size();) {
      const std::size_t end = rows.find('\n', at) + 1;  // no field holds a newline
      if (at > 0) {
        text += name + ',' + rows.substr(at, end - at);
      } else if (text.empty()) {
        text = "run," + rows.substr(at, end - at);
      }
      at = end;
    }
  }
  return text;
}

std::string trends_csv(const std::vector<Trend>& trends) {
  std::string text = "metric,target,against,unit,started_at,run,n,median,low,high,step,host\r\n";
  for (const Trend& trend : trends) {
    for (std::size_t i = 0; i < trend.points.size(); ++i) {
      const Trend::Point& point = trend.points[i];
      const bool step =
          std::any_of(trend.steps.begin(), trend.steps.end(), [&](const auto& at) { return at.at == i; });
      const std::string low = point.ci95 ? fmt::format("{}", point.ci95->low) : std::string();
      const std::string high = point.ci95 ? fmt::format("{}", point.ci95->high) : std::string();
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\r\n", csv_field(trend.metric),
                          csv_field(trend.target), csv_field(trend.against),
                          to_text(trend.ratio() ? Unit::kRatio : trend.unit), csv_field(point.started_at),
                          csv_field(point.run), point.n, point.value, low, high, step, csv_field(trend.host));
    }
  }
  return text;
}

}  // namespace bench
