#include "bench/report/view/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace bench {
namespace {

/// The length of the UTF-8 sequence at the start of `text`, 0 if it is not one.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return 0;
    }
  }
  return length;
}

/// Control characters of both blocks (C0 and DEL, C1), the line and paragraph separators, and the marks that
/// turn the direction of text.
bool harmless(std::string_view sequence) {
  if (sequence.size() == 1) {
    return static_cast<std::uint8_t>(sequence[0]) >= 0x20 && sequence[0] != 0x7f;
  }
  if (sequence.size() == 2) {
    return sequence >= "\xc2\xa0";
  }
  return !(sequence >= "\xe2\x80\xa8" && sequence <= "\xe2\x80\xae") &&
         !(sequence >= "\xe2\x81\xa6" && sequence <= "\xe2\x81\xa9");
}

std::string ratio_digits(double ratio) {
  if (ratio >= 9.95) {
    return fmt::format("{:.0f}", ratio);
  }
  return ratio >= 0.0995 ? fmt::format("{:.2f}", ratio) : significant(ratio);
}

}  // namespace

Scale scale_for(Unit unit, std::span<const double> values) {
  double largest = 0;
  for (const double value : values) {
    largest = std::max(largest, std::abs(value));
  }
  if (unit == Unit::kSeconds) {
    return largest >= 1 || values.empty() ? Scale{1, "s"} : Scale{1e-3, "ms"};
  }
  if (unit == Unit::kBytes) {
    constexpr double kKi = 1024;
    if (largest >= kKi * kKi * kKi) {
      return {kKi * kKi * kKi, "GiB"};
    }
    if (largest >= kKi * kKi) {
      return {kKi * kKi, "MiB"};
    }
    return largest >= kKi ? Scale{kKi, "KiB"} : Scale{1, "B"};
  }
  if (unit == Unit::kPerSecond) {
    return {1, "/s"};
  }
  return {1, ""};  // counts and ratios have none
}

Scale readable_scale(Unit unit, std::span<const double> values) {
  constexpr double kGiB = 1 << 30;
  if (unit == Unit::kSeconds) return {1, "s"};
  if (unit != Unit::kBytes) return scale_for(unit, values);
  const bool large = std::any_of(values.begin(), values.end(),
                                 [](double value) { return std::isfinite(value) && value >= 10 * kGiB; });
  return large ? Scale{kGiB, "GiB"} : Scale{1 << 20, "MiB"};
}

std::string significant(double value) {
  if (value == 0 || !std::isfinite(value)) {
    return fmt::format("{:g}", value == 0 ? 0.0 : value);
  }
  // Rounded first, so that 9.999 is 10.0 and not 10.00.
  const std::string scientific = fmt::format("{:.2e}", value);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  return fmt::format("{:.{}f}", value, std::clamp(2 - exponent, 0, 12));
}

std::string in_scale(double value, const Scale& scale) {
  if (scale.unit.empty() && value == std::round(value) && std::abs(value) < 1e15) {
    return fmt::format("{:.0f}", value + 0.0);  // a count is whole
  }
  return significant(value / scale.divisor);
}

std::string with_unit(double value, const Scale& scale) {
  return scale.unit.empty() ? in_scale(value, scale)
                            : fmt::format("{} {}", in_scale(value, scale), scale.unit);
}

std::string exact_text(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string bracket(const Interval& interval, const Scale& scale) {
  return fmt::format("[{}, {}]", in_scale(interval.low, scale), in_scale(interval.high, scale));
}

std::string ratio_text(double ratio) {
  return ratio_digits(ratio) + "×";
}

std::string ratio_bracket(const Interval& interval) {
  return fmt::format("[{}, {}]", ratio_digits(interval.low), ratio_digits(interval.high));
}

std::string percent_text(double share) {
  return share < 0.0995 ? fmt::format("{:.2g} %", share * 100) : fmt::format("{:.0f} %", share * 100);
}

std::string one_line(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      clean += "\xef\xbf\xbd";  // U+FFFD
    } else if (harmless(text.substr(0, length))) {
      clean += text.substr(0, length);
    } else if (!clean.empty() && clean.back() != ' ') {
      clean += ' ';
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<std::uint8_t>(c) & 0xc0U) != 0x80U; }));
}

std::string shorten(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) {
    return text;
  }
  std::string cut;
  std::size_t columns = 0;
  for (std::string_view rest = text; !rest.empty() && columns + 1 < width; ++columns) {
    const std::size_t length = std::max<std::size_t>(sequence_length(rest), 1);
    cut += rest.substr(0, length);
    rest.remove_prefix(length);
  }
  return cut + "…";
}

}  // namespace bench
