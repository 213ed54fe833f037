#include "bench/report/render/latex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "bench/stats/judge/derive.h"
#include "support/sample_run.h"
#include "unit/report/figures_data.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string fragment_of(bench::Run run) {
  derive(run);
  Drawings drawings = test::fake_drawings(run);
  return latex_fragment(run_document(run, test::rendering_options()), drawings);
}

/// Groups and environments closed, tables with as many cells in each row, no command but ours.
void expect_well_formed_fragment(const std::string& text) {
  static const std::set<std::string> kOurs = {"input",
                                              "newcommand",
                                              "providecommand",
                                              "benchpath",
                                              "section",
                                              "subsection",
                                              "noindent",
                                              "textbf",
                                              "begin",
                                              "end",
                                              "item",
                                              "centering",
                                              "small",
                                              "footnotesize",
                                              "raggedright",
                                              "par",
                                              "caption",
                                              "label",
                                              "smallskip",
                                              "resizebox",
                                              "ifdim",
                                              "width",
                                              "linewidth",
                                              "else",
                                              "fi",
                                              "toprule",
                                              "midrule",
                                              "bottomrule",
                                              "includegraphics",
                                              "textbackslash",
                                              "textasciicircum",
                                              "textasciitilde",
                                              "textless",
                                              "textgreater",
                                              "textbar",
                                              "char",
                                              "textasciigrave",
                                              "S",
                                              "guillemotleft",
                                              "guillemotright",
                                              "circ",
                                              "pm",
                                              "mu",
                                              "cdot",
                                              "frac",
                                              "times",
                                              "div",
                                              "alpha",
                                              "beta",
                                              "lambda",
                                              "sigma",
                                              "textbullet",
                                              "ldots",
                                              "leftarrow",
                                              "rightarrow",
                                              "approx",
                                              "leq",
                                              "geq"};
  int depth = 0;
  std::size_t dollars = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;  // the next character is literal, or a command that is looked at below
    } else {
      depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
      dollars += text[i] == '$' ? 1 : 0;
      ASSERT_GE(depth, 0) << text.substr(i > 60 ? i - 60 : 0, 80);
      ASSERT_NE(text[i], '#');
    }
  }
  EXPECT_EQ(depth, 0);
  EXPECT_EQ(dollars % 2, 0U);
  static const std::regex kCommand(R"(\\([A-Za-z]+))");
  for (std::sregex_iterator at(text.begin(), text.end(), kCommand), end; at != end; ++at) {
    EXPECT_TRUE(kOurs.contains((*at)[1])) << (*at)[0];
  }
}

TEST(Latex, Golden) {
  Drawings drawings = test::small_drawings();
  test::expect_same_as_golden("small.report.tex", latex_fragment(test::small_document(), drawings));
}

TEST(Latex, IsWellFormedWhateverTheRun) {
  for (const bench::Run& run : {test::sample_run(), test::run_with_failures(), test::dead_target_run(),
                                test::one_target_run(), test::interrupted_run(), test::single_round_run(),
                                test::empty_run(), bench::Run{}, test::hostile_full_run()}) {
    SCOPED_TRACE(run.run_id);
    expect_well_formed_fragment(fragment_of(run));
  }
}

TEST(Latex, EscapesWhatHasAMeaning) {
  EXPECT_EQ(latex_escaped("50 % of $x_1$ & {a} #2 ~ ^"),
            "50 \\% of \\$x\\_1\\$ \\& \\{a\\} \\#2 \\textasciitilde{} \\textasciicircum{}");
  EXPECT_EQ(latex_escaped("\\input{x}"), "\\textbackslash{}input\\{x\\}");
  EXPECT_EQ(latex_escaped("a<b>|\"`"),
            "a\\textless{}b\\textgreater{}\\textbar{}{\\char34}\\textasciigrave{}");
}

TEST(Latex, KeepsSignsApart) {
  EXPECT_EQ(latex_escaped("--rounds"), "-{}-rounds");
  EXPECT_EQ(latex_escaped("it's ''"), "it's '{}'");
  EXPECT_EQ(latex_escaped("“'a'”"), "``'a'{}''");
  EXPECT_EQ(latex_escaped("1–2"), "1--2");
}

TEST(Latex, SetsSignsAndLettersOfEveryInstallation) {
  EXPECT_EQ(latex_escaped("19× ±5 % ≥ − µs → …"),
            "19$\\times$ $\\pm$5 \\% $\\geq$ $-$ $\\mu$s $\\rightarrow$ \\ldots{}");
  EXPECT_EQ(latex_escaped("Žluťoučký kůň, Øre, ß"), "Žluťoučký kůň, Øre, ß");
  EXPECT_EQ(latex_escaped("漢 😀 ð"), "[U+6F22] [U+1F600] [U+00F0]");
}

TEST(Latex, AFigureIsWhatWasDrawn) {
  const bench::Run run = test::full_run();
  for (const Figure& figure : figures(run)) {
    EXPECT_THAT(fragment_of(run), HasSubstr("{\\benchpath charts/" + figure.id + ".pdf}"));
  }
  Drawings nothing(figures(run), nullptr);
  EXPECT_THAT(latex_fragment(run_document(run, {}), nothing), Not(HasSubstr("includegraphics[")));
}

}  // namespace
}  // namespace bench
