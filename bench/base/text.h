#pragma once

#include <string>
#include <string_view>

namespace bench {

/// A line without the blanks at both ends: a part of `text`, so it lives as long as that.
std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r");

/// "1 round", "20 rounds": a number with what it counts.
std::string counted(long long number, const std::string& noun);

/// A word as a POSIX shell reads it back: in quotes where it must be.
std::string shell_word(const std::string& word);

}  // namespace bench
