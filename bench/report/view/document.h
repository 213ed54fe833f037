#pragma once

#include <string>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/view/options.h"
#include "bench/report/view/view.h"

namespace bench {

// A report before it has a format: what is said, in which order. HTML and LaTeX only lay it out. All text is
// plain, made harmless (one_line), and escaped for no format yet.

/// A number that is seen before anything is read.
struct Tile {
  std::string number, label;
};

/// Text that has a place of its own in the page.
struct Section {
  std::string id;  ///< unique in the document, letters and hyphens
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<std::string> bullets;
  std::vector<TextTable> tables;
  bool sortable = false;    ///< the rows' order says nothing
  bool background = false;  ///< how it was measured and on what: left out where the page is part of another
};

struct Document {
  std::string title, subtitle;
  std::vector<std::string> banners;  ///< what a reader must know before any number
  std::vector<std::string> headlines;
  std::vector<Tile> tiles;
  std::vector<ClaimView> verdicts;
  std::vector<std::string> words;  ///< sentences for a writeup, a paragraph each
  std::vector<Section> sections;
  std::vector<std::string> files;  ///< raw data beside the page, to be linked
  std::string source;              ///< one line: which run this is a function of
};

/// The report of one run, whose derived parts must be there.
Document run_document(const Run& run, const ReportOptions& options);

}  // namespace bench
