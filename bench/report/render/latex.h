#pragma once

#include <string>
#include <string_view>

#include "bench/report/render/bundle.h"
#include "bench/report/view/document.h"

namespace bench {

/// The document as a fragment to be read by \input: sections, booktabs tables, figures from charts/*.pdf. It
/// needs the packages booktabs and graphicx, and compiles with pdflatex, xelatex and lualatex. \benchpath,
/// when the reader defines it, is put before the figures' paths.
std::string latex_fragment(const Document& document, Drawings& drawings);

/// Text as LaTeX sets it literally, with the encodings that every installation has: letters of Western and
/// Central Europe and the signs of measurements as they are, any other character by its number ([U+4E2D]).
std::string latex_escaped(std::string_view text);

}  // namespace bench
