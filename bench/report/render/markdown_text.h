#pragma once

#include <string>
#include <string_view>

namespace bench {

/// Text from outside, so that it stays text in GitHub Markdown: no markup, no HTML, no table cell of its own.
/// What cannot mean anything where it stands is left alone, so that the source reads well too.
std::string markdown_escaped(std::string_view outside);

}  // namespace bench
