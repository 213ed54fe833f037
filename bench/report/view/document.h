#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/core/run.h"
#include "bench/report/view/options.h"
#include "bench/report/view/view.h"

namespace bench {

// A report before it has a format: what is said, in which order. Console, Markdown, HTML and LaTeX only lay
// it out. All text is plain, made harmless (one_line), and escaped for no format yet.

/// A number that is seen before anything is read.
struct Tile {
  std::string number, label;
};

struct Bullet {
  std::string text;
  std::string remedy;  ///< what can be done about it; may be empty
  Bullet(const char* what) : text(what) {}
  Bullet(std::string what, std::string against = {}) : text(std::move(what)), remedy(std::move(against)) {}
};

/// What a reader should feel at a section, where a format can show it.
enum class Tone { kPlain, kWarning, kFailure };

/// Text that has a place of its own in the page. A format that has no room for a heading over tables that
/// have titles may leave it out where the section has no text.
struct Section {
  std::string id;  ///< unique in the document, letters and hyphens
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<Bullet> bullets;
  std::vector<TextTable> tables;
  bool sortable = false;    ///< the rows' order says nothing
  bool background = false;  ///< how it was measured and on what: left out where the page is part of another
  Tone tone = Tone::kPlain;
  bool named = false;                   ///< each bullet begins with the name of its subject and a colon
  std::vector<PhaseTable> phases = {};  ///< what the tables say, as lengths for who can draw them

  [[nodiscard]] bool has_text() const { return !paragraphs.empty() || !bullets.empty(); }
};

/// "text → remedy", one line each.
std::vector<std::string> lines_of(const std::vector<Bullet>& bullets);

struct Document {
  std::string title, subtitle;
  std::vector<std::string> banners;  ///< what a reader must know before any number
  std::vector<std::string> headlines;
  std::vector<Tile> tiles;
  std::string plan;  ///< how often everything was to be measured; empty where nothing was measured in rounds
  std::vector<ClaimView> verdicts;
  std::vector<std::string> words;  ///< sentences for a writeup, a paragraph each
  std::vector<Section> sections;
  std::vector<std::string> files;  ///< raw data beside the page, to be linked
  std::string source;              ///< one line: which run this is a function of
};

/// The report of one run, whose derived parts must be there.
Document run_document(const Run& run, const ReportOptions& options);

}  // namespace bench
