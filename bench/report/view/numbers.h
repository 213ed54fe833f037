#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/core/run.h"

namespace bench {

// Numbers and text for people, formatted in this one place.

/// A unit for people that a whole column shares.
struct Scale {
  double divisor = 1;
  std::string unit;  ///< "s", "ms", "MiB", … ; may be empty
};

/// Chosen by the largest of `values`: s from 1 s on, else ms; GiB, MiB, KiB, B.
Scale scale_for(Unit unit, std::span<const double> values);

/// For figures and for tables of images, so that both say one number the same way: s; MiB, or GiB from 10 GiB
/// on, where MiB would have five digits.
Scale readable_scale(Unit unit, std::span<const double> values);

/// Three significant digits, never an exponent: 0.613, 11.4, 1234.
std::string significant(double value);

/// "11.4 s"
std::string with_unit(double value, const Scale& scale);
/// In the scale, without the unit: "11.4"
std::string in_scale(double value, const Scale& scale);

/// For a program to read: the fewest digits that read back to the same double, whatever the locale.
std::string exact_text(double value);

/// "[17.5, 20.1]"
std::string bracket(const Interval& interval, const Scale& scale);

/// "19×" from ten on, "1.87×" below, "0.053×" below a tenth.
std::string ratio_text(double ratio);
/// "[17, 21]", digits as in ratio_text.
std::string ratio_bracket(const Interval& interval);

/// "7.3 %"
std::string percent_text(double share);

/// Text from outside (engines, consoles, file names) as one harmless line: control characters, escape
/// sequences' introducers and bytes that are not UTF-8 are replaced.
std::string one_line(std::string_view text);

/// Columns that UTF-8 text takes on a terminal, one per code point.
std::size_t display_width(std::string_view text);

/// At most `width` columns; what is cut off ends in "…".
std::string shorten(const std::string& text, std::size_t width);

}  // namespace bench
