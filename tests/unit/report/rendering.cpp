#include "unit/report/rendering.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <vector>

#include "bench/core/claims.h"
#include "bench/report/render/text.h"
#include "bench/stats/judge/derive.h"
#include "unit/report/figures_data.h"

namespace bench::test {

const std::string kHostileName =
    "a|b`c</style><script>alert(1)</script>\x1b[31m\n\"x\" 'y',\r\t# *y* _z_ [l](u) \xff ü 漢 \\input{x} "
    "$x^2$ % @ {} "
    "--";

Run hostile_full_run() {
  bench::Run run = full_run({.targets = {"docker", "libvirt:direct", "libvirt:full"}, .failed = 0.1});
  const auto rename = [](std::string& name) {
    if (name == "libvirt:direct") name = kHostileName;
  };
  for (Sample& sample : run.samples) rename(sample.target);
  for (Failure& failure : run.failures) {
    rename(failure.target);
    failure.message = kHostileName;
  }
  for (TargetInfo& target : run.targets) {
    rename(target.name);
    target.engine_version = kHostileName;
    target.equivalence.python = kHostileName;
    target.image[kHostileName] = kHostileName;
  }
  run.run_id = run.suite_commit = kHostileName;
  run.command = {"bench", kHostileName};
  run.environment.fingerprint[kHostileName] = kHostileName;
  run.environment.warnings = {{kHostileName, kHostileName}};
  run.conditions[kHostileName] = kHostileName;
  run.claim_definitions = builtin_claims();
  run.claim_definitions[0].sentence = kHostileName;
  derive(run);
  return run;
}

const Section& section(const Document& document, std::string_view id) {
  const auto found = std::find_if(document.sections.begin(), document.sections.end(),
                                  [&](const Section& one) { return one.id == id; });
  if (found == document.sections.end()) throw std::out_of_range(std::string(id));
  return *found;
}

std::string console_of(const Run& run, const ReportOptions& options) {
  return console_page(run_document(run, options), options);
}

std::string markdown_of(const Run& run, const ReportOptions& options) {
  return markdown_page(run_document(run, options));
}

ReportOptions rendering_options() {
  ReportOptions options;
  options.directory = "20260214T101500Z-startup";
  options.files = {"run.json", "samples.csv", "summaries.csv"};
  return options;
}

namespace {

Drawings fake_drawings_of(std::vector<Figure> figures) {
  return {std::move(figures), [](const Figure& figure, const std::string& format) {
            return format == "svg" ? fmt::format(
                                         "<?xml version=\"1.0\"?>\n<svg\n width=\"8\" height=\"4\" "
                                         "viewBox=\"0 0 8 4\">\n<title>Gnuplot</title>\n<path "
                                         "id='{}-line' d='M0,0'/></svg>\n",
                                         figure.id)
                                   : figure.id + " as " + format;
          }};
}

}  // namespace

Document small_document() {
  TextTable table;
  table.title = "Start-up, in s";
  table.header = {"target", "median s", "why"};
  table.align = "lrl";
  table.rows = {{"docker", "0.619", "the whole interval lies beyond ±5 %"},
                {"[a & b]", "11.7", "the whole interval lies beyond ±5 %"},
                {"c", "–", "nothing was measured, and this sentence is too long for a narrow column"}};
  table.notes = {"n = 10"};
  Document document;
  document.title = "Containers & VMs";
  document.subtitle = "2 targets";
  document.banners = {"EXPLORATORY: 4 rounds"};
  document.headlines = {"container ready in 0.619 s"};
  document.tiles = {{"19×", "time to ready [18, 19]"}};
  document.verdicts = {{"id",
                        "a container starts much faster than a VM",
                        ClaimVerdict::kSupported,
                        "19× [18, 19], 10 rounds",
                        "startup.ready, vm vs docker",
                        "cache warm",
                        "the whole interval is at least 2×",
                        "more rounds",
                        {"one pair", "another"}}};
  document.words = {"The median was 0.619 s. This supports the claim “a container starts much faster”."};
  document.sections = {{"results", "Results", {"As measured."}, {"first", "second"}, {table}, true, false},
                       {"method", "How it was measured", {"With care."}, {}, {}, false, true}};
  document.files = {"run.json"};
  document.source = "A function of the stored run x";
  return document;
}

Drawings small_drawings() {
  Figure one, two;
  one.id = "one";
  one.title = "Phases";
  one.alt = "Docker takes 0.619 s.";
  one.caption = "How to read it.";
  two = one;
  two.id = "two";
  return fake_drawings_of({one, two});
}

Drawings fake_drawings(const bench::Run& run) {
  return fake_drawings_of(figures(run));
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++found;
  return found;
}

void expect_well_formed(const std::string& page) {
  static const std::set<std::string> kVoid = {"meta", "link", "img", "!DOCTYPE"};
  std::vector<std::string> open;
  std::set<std::string> ids;
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string::npos;) {
    std::size_t end = at + 1;
    for (char quote = 0; end < page.size() && (quote != 0 || page[end] != '>'); ++end) {
      if (quote != 0) {
        quote = page[end] == quote ? '\0' : quote;
      } else if (page[end] == '"' || page[end] == '\'') {
        quote = page[end];
      }
      ASSERT_TRUE(quote != 0 || page[end] != '<') << page.substr(at, 80);
    }
    ASSERT_LT(end, page.size()) << page.substr(at, 80);
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n\t/", 1) - (tag[0] == '/' ? 1 : 0));
    if (const std::size_t id = tag.find(" id="); id != std::string::npos) {
      const std::size_t from = id + 5;
      EXPECT_TRUE(ids.insert(tag.substr(from, tag.find(tag[id + 4], from) - from)).second) << tag;
    }
    at = end + 1;
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ(open.back(), name) << "before " << page.substr(at, 80);
      open.pop_back();
    } else if (!kVoid.contains(name) && tag.back() != '/') {
      open.push_back(name);
      if (name == "style" || name == "script") at = page.find("</" + name + ">", at);
    }
  }
  EXPECT_TRUE(open.empty());
}

bench::Run derived(bench::Run run) {
  derive(run);
  return run;
}

}  // namespace bench::test
