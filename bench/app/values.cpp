#include "bench/app/values.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <map>
#include <numeric>
#include <thread>
#include <utility>

#include "bench/base/error.h"

namespace bench {
namespace {

struct Quantity {
  double value = 0;
  std::string unit;  // lower case
};

Quantity split(const std::string& text, const std::string& option, const char* example) {
  Quantity quantity;
  const char* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, quantity.value);
  if (failed != std::errc{} || !std::isfinite(quantity.value) || quantity.value <= 0) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: '{}' is not a positive quantity", option, text),
                fmt::format("write it like {} {}", option, example));
  }
  for (const char* c = rest; c != end; ++c) {
    quantity.unit.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(*c))));
  }
  return quantity;
}

double scale(const Quantity& quantity, const std::map<std::string, double>& units, const std::string& text,
             const std::string& option, const char* example) {
  const auto unit = units.find(quantity.unit);
  if (unit == units.end()) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: '{}' has an unknown unit", option, text),
                fmt::format("write it like {} {}", option, example));
  }
  return quantity.value * unit->second;
}

/// Levenshtein's distance, row by row, where two letters that changed places count once.
std::size_t letters_apart(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({last[j] + (a[i] == b[j] ? 0 : 1), row[j] + 1, last[j + 1] + 1});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
      }
    }
  }
  return row.back();
}

}  // namespace

std::string not_empty(const std::string& text) {
  return text.empty() ? "is empty" : "";
}

std::string not_negative(const std::string& text) {
  errno = 0;
  (void)std::strtoull(text.c_str(), nullptr, 0);
  if (errno == ERANGE) return fmt::format("'{}' is too much", text);
  return text.find('-') != std::string::npos ? fmt::format("'{}' is not a whole number from 0 on", text) : "";
}

std::function<std::string(const std::string&)> one_of(std::vector<std::string> known) {
  return [known = std::move(known)](const std::string& text) -> std::string {
    if (std::find(known.begin(), known.end(), text) != known.end()) return "";
    std::string near = did_you_mean(text, known);
    if (!near.empty()) near = "; " + near.substr(0, near.size() - 1);
    return fmt::format("'{}' is none of {}{}", text, fmt::join(known, ", "), near);
  };
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const std::string* nearest = nullptr;
  std::size_t fewest = 3;  // three letters away is another word
  for (const std::string& candidate : known) {
    const std::size_t distance = letters_apart(word, candidate);
    if (distance < fewest && distance < candidate.size()) {
      fewest = distance;
      nearest = &candidate;
    }
  }
  return nearest == nullptr ? "" : fmt::format("did you mean '{}'? ", *nearest);
}

std::int64_t parse_bytes(const std::string& text, const std::string& option) {
  constexpr double kKi = 1024;
  static const std::map<std::string, double> units = {{"", 1},
                                                      {"b", 1},
                                                      {"k", kKi},
                                                      {"kib", kKi},
                                                      {"m", kKi * kKi},
                                                      {"mib", kKi * kKi},
                                                      {"g", kKi * kKi * kKi},
                                                      {"gib", kKi * kKi * kKi}};
  const double bytes = scale(split(text, option, "512M"), units, text, option, "512M");
  if (bytes > 9e18) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: '{}' is too much", option, text),
                fmt::format("write it like {} 512M", option));
  }
  return static_cast<std::int64_t>(bytes);
}

int require_cpus(const std::string& text, const std::string& what) {
  int cpus = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpus);
  if (error != std::errc() || end != text.data() + text.size() || cpus < 1 || cpus > 512) {
    throw Error(ErrorCode::kUsage, fmt::format("{} '{}' is no number of CPUs", what, text),
                "give a whole number from 1 to 512");
  }
  if (const unsigned host = std::thread::hardware_concurrency();
      host != 0 && static_cast<unsigned>(cpus) > host) {
    throw Error(ErrorCode::kUsage, fmt::format("{} {} is more than this host has ({})", what, cpus, host),
                fmt::format("give at most {} {}", what, host));
  }
  return cpus;
}

std::int64_t require_memory(const std::string& text, const std::string& what) {
  const std::int64_t bytes = parse_bytes(text, what);
  constexpr std::int64_t kLeast = 128LL << 20U;
  if (bytes < kLeast) {
    const bool no_unit = text.find_first_not_of("0123456789.") == std::string::npos;
    throw Error(ErrorCode::kUsage,
                fmt::format("{} {} is too little for a guest with Python{}", what, text,
                            no_unit ? ": it has no unit" : ""),
                no_unit ? fmt::format("did you mean {} {}M?", what, text) : "give at least 128M");
  }
  return bytes;
}

Seconds parse_duration(const std::string& text, const std::string& option) {
  static const std::map<std::string, double> units = {
      {"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}};
  const double seconds = scale(split(text, option, "10m"), units, text, option, "10m");
  constexpr double kMost = 366.0 * 24 * 3600;  // a clock's count of nanoseconds has an end
  if (seconds > kMost) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: '{}' is more than a year", option, text),
                fmt::format("write it like {} 10m", option));
  }
  return Seconds(seconds);
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}
std::string utc_now_compact() {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::time(nullptr)));
}

}  // namespace bench
