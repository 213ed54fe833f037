#include "bench/report/charts/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace bench {
namespace {

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  [[nodiscard]] bool empty() const { return low > high; }
};

Range range_of(std::span<const double> values) {
  Range range;
  for (const double value : values) {
    if (std::isfinite(value)) {
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  }
  return range;
}

/// 1, 2 or 5 times a power of ten, at least `least`.
double round_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= least * (1 - 1e-9)) return step * power;
  }
  return 10 * power;
}

/// With as many decimals as the step has.
std::string tick_text(double value, double step) {
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 12);
  return value == 0 ? "0" : fmt::format("{:.{}f}", value, decimals);
}

std::vector<Tick> linear_ticks(double low, double high, int count) {
  std::vector<Tick> ticks;
  const double step = round_step((high - low) / count);
  const double slack = (high - low) * 1e-9;
  for (double i = std::ceil((low - slack) / step); i * step <= high + slack; ++i) {
    const double value = i * step;
    ticks.push_back({std::clamp(value, low, high), tick_text(value, step)});
  }
  return ticks;
}

/// 1, 2, 5 in each power of ten, or only 1s, or only every so many, until they are few enough.
std::vector<Tick> log_ticks(double low, double high, int count) {
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (const std::vector<double>& steps : {std::vector<double>{1, 2, 5}, {1, 3}, {1}}) {
    for (int stride = 1; stride <= (steps.size() == 1 ? 1000 : 1); ++stride) {
      std::vector<Tick> ticks;
      for (int exponent = first; exponent <= last; ++exponent) {
        if ((exponent % stride + stride) % stride != 0) continue;
        const double power = std::pow(10, exponent);
        for (const double step : steps) {
          if (const double value = step * power; value >= low && value <= high) {
            ticks.push_back({value, tick_text(value, power)});
          }
        }
      }
      if (static_cast<int>(ticks.size()) <= count) return ticks;
    }
  }
  return {};
}

std::vector<Tick> ticks_between(double low, double high, bool log, int count) {
  if (!log) return linear_ticks(low, high, count);
  // Within less than a power of ten 1, 2, 5 leave an axis nearly bare.
  std::vector<Tick> ticks = log_ticks(low, high, count + 1);
  return ticks.size() < 3 && high / low < 30 ? linear_ticks(low, high, std::min(count, 5)) : ticks;
}

}  // namespace

bool wants_log(std::span<const double> values) {
  const Range range = range_of(values);
  return !range.empty() && range.low > 0 && range.high / range.low > kLogFrom;
}

FigureAxis axis_over(std::span<const double> values, bool log) {
  const Range range = range_of(values);
  if (range.empty()) return {0, 1, false};
  if (log && range.low > 0) {
    const double air = std::max(std::pow(range.high / range.low, 0.04), 1.04);
    return {range.low / air, range.high * air, true};
  }
  const double width = range.high - range.low;
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  // Values that are equal but for rounding would stand on an axis of nothing.
  const double air = std::max({0.04 * width, 0.02 * size, size == 0 ? 1.0 : 0.0});
  const double low = range.low >= 0 && range.low - air < 0 ? 0 : range.low - air;
  return {range.low == 0 && size > 0 ? -0.02 * width : low, range.high + air, false};
}

FigureAxis axis_from_zero(std::span<const double> values, double after) {
  const Range range = range_of(values);
  if (range.empty() || (range.low == 0 && range.high == 0)) return {0, 1, false};
  const double low = std::min(range.low, 0.0);
  const double high = std::max(range.high, 0.0);
  return {low * 1.05, low + (high - low) / (1 - after) + (high == 0 ? -low * 0.05 : 0), false};
}

std::vector<Tick> ticks_on(const FigureAxis& axis, const Scale& scale, int count) {
  std::vector<Tick> ticks =
      ticks_between(axis.low / scale.divisor, axis.high / scale.divisor, axis.log, count);
  for (Tick& tick : ticks) {
    tick.at *= scale.divisor;
  }
  return ticks;
}

std::vector<Tick> ratio_ticks_on(const FigureAxis& axis, int count) {
  std::vector<Tick> ticks = ticks_between(axis.low, axis.high, axis.log, count);
  for (Tick& tick : ticks) {
    tick.label += "×";
  }
  return ticks;
}

double text_width(std::string_view text, double size) {
  double ems = 0;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      ems += std::string_view(" .,:;il|'").find(c) != std::string_view::npos ? 0.34
             : std::string_view("mwMW@%").find(c) != std::string_view::npos  ? 0.95
             : c >= 'A' && c <= 'Z'                                          ? 0.72
                                                                             : 0.6;
    } else if (byte >= 0xe3) {
      ems += 1.05;  // first byte of an ideograph or a symbol: wide
    } else if (byte >= 0xc0) {
      ems += 0.75;
    }
  }
  return ems * size;
}

std::vector<double> spread(std::vector<double> places, double gap, double low, double high) {
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return places[a] < places[b]; });
  double least = low;
  for (const std::size_t i : order) {
    places[i] = std::max(places[i], least);
    least = places[i] + gap;
  }
  double most = std::max(high, low + gap * (static_cast<double>(places.size()) - 1));
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    places[*i] = std::min(places[*i], most);
    most = places[*i] - gap;
  }
  return places;
}

}  // namespace bench
