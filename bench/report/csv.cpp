#include <array>
#include <charconv>
#include <string_view>

#include "bench/report/report.h"

namespace bench {
namespace {

std::string field(std::string_view text) {
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

/// std::to_chars: no locale, and the fewest digits that read back to the same double.
std::string number(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

}  // namespace

std::string samples_csv(const Run& run, const ReportOptions& /*options*/) {
  std::string text = "scenario,target,metric,unit,value,round,position,warmup,resolution,at\r\n";
  for (const Sample& sample : run.samples) {
    text += field(sample.scenario) + ',' + field(sample.target) + ',' + field(sample.metric) + ',' +
            field(sample.unit) + ',' + number(sample.value) + ',' + std::to_string(sample.round) + ',' +
            std::to_string(sample.position) + ',' + (sample.warmup ? "true" : "false") + ',' +
            (sample.resolution ? number(*sample.resolution) : std::string()) + ',' +
            (sample.at ? number(*sample.at) : std::string()) + "\r\n";
  }
  return text;
}

}  // namespace bench
