#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/report/render/bundle.h"
#include "bench/report/view/document.h"

namespace bench {

/// The document as one HTML page that needs nothing else: figures inline, a content security policy that
/// forbids every request, light and dark, narrow screens, print. `charts`: the image formats that are written
/// beside the page and linked below each figure.
std::string html_page(const Document& document, Drawings& drawings, const std::vector<std::string>& charts);

/// As text or as the value of a quoted attribute.
std::string html_escaped(std::string_view text);

/// Each line escaped and between `begin` and `end`.
std::string html_lines(const char* begin, const std::vector<std::string>& lines, const char* end);

/// An SVG file as an element of a page: no prolog, no title of the program that drew it, scaled to its
/// place, named for who cannot see it.
std::string inline_svg(std::string_view svg, std::string_view name);

std::string base64(std::string_view bytes);

// The page's parts that never change (html_assets.cpp).
extern const std::string_view kHtmlStyle;
extern const std::string_view kHtmlScript;      ///< sorts tables; the page is complete without it
extern const std::string_view kHtmlScriptHash;  ///< base64 of its SHA-256, for the policy

}  // namespace bench
