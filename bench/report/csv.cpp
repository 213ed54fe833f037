#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "bench/report/report.h"

namespace bench {
namespace {

/// std::to_chars: no locale, and the fewest digits that read back to the same double.
std::string csv_number(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string number_or_nothing(const std::optional<double>& value) {
  return value ? csv_number(*value) : std::string();
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
            ',' + csv_field(sample.unit) + ',' + csv_number(sample.value) + ',' +
            std::to_string(sample.round) + ',' + std::to_string(sample.position) + ',' +
            (sample.warmup ? "true" : "false") + ',' + number_or_nothing(sample.resolution) + ',' +
            number_or_nothing(sample.at) + "\r\n";
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
                                             csv_field(summary.unit),
                                             std::to_string(summary.n),
                                             std::to_string(summary.failures),
                                             csv_number(summary.median),
                                             csv_number(summary.mean),
                                             number_or_nothing(summary.stddev),
                                             csv_number(summary.min),
                                             csv_number(summary.max),
                                             number_or_nothing(summary.p95),
                                             ci95 ? csv_number(ci95->low) : std::string(),
                                             ci95 ? csv_number(ci95->high) : std::string(),
                                             std::to_string(summary.outliers)};
    for (std::size_t i = 0; i < fields.size(); ++i) text += (i == 0 ? "" : ",") + fields[i];
    text += "\r\n";
  }
  return text;
}

}  // namespace bench
