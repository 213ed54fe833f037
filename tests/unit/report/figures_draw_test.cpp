#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bench/base/error.h"
#include "bench/report/charts/figures.h"
#include "figures_data.h"

namespace bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
  return count;
}

// gnuplot leaves out what lies outside its axes without a word: count what has come out.
TEST(FigureDrawing, GnuplotDrawsEverySample) {
  if (!can_draw()) GTEST_SKIP() << kDrawRemedy;
  for (const double noise : {0.0, 0.6}) {
    test::FullRun plan;
    plan.noise = noise;
    plan.rounds = 40;
    const bench::Run run = test::full_run(plan);
    const std::vector<Figure> all = figures(run);
    for (const std::string id : {"startup-trials", "startup-rounds", "memory-marginal"}) {
      const Figure* figure = test::find_figure(all, id);
      ASSERT_NE(figure, nullptr) << id;
      std::size_t dots = 0;
      for (const FigurePanel& panel : figure->panels) dots += test::dots_in(panel);
      EXPECT_EQ(occurrences(draw(*figure, "svg"), "transform='translate("), dots) << id;
    }
  }
}

TEST(FigureDrawing, TextFromOutsideBreaksNothing) {
  test::FullRun plan;
  plan.targets = {"docker", "libvirt:<script>alert('x')</script>",
                  "libvirt:\"q\"\n$data1 <<END\nEND\n`id` \\n {/Bold b}",
                  "docker@/täst/日本語/🙂-%d-@x"};
  const bench::Run run = test::full_run(plan);
  const std::vector<Figure> all = figures(run);
  EXPECT_EQ(all.size(), 9U);
  for (const Figure& figure : all) {
    EXPECT_THAT(figure.script, Not(HasSubstr("\nEND\n`id`"))) << figure.id;
    if (!can_draw()) continue;
    for (const std::string& format : figure_formats()) {
      if (format != "svg" && figure.id != "startup-trials") continue;
      const std::string bytes = draw(figure, format);
      if (format != "svg") continue;
      EXPECT_THAT(bytes, Not(HasSubstr("<script"))) << figure.id;
      EXPECT_THAT(bytes, HasSubstr("libvirt:&lt;s")) << figure.id;
      EXPECT_EQ(occurrences(bytes, "<text>"), occurrences(bytes, "</text>")) << figure.id;
      EXPECT_EQ(occurrences(bytes, "<g"), occurrences(bytes, "</g>")) << figure.id;
    }
  }
}

TEST(FigureDrawing, AreDrawnTheSameEachTime) {
  if (!can_draw()) GTEST_SKIP() << kDrawRemedy;
  const Figure figure = figures(test::full_run()).front();
  for (const std::string& format : figure_formats()) {
    const std::string first = draw(figure, format);
    if (format != "pdf") {
      EXPECT_EQ(first, draw(figure, format)) << format;
    }
    EXPECT_THAT(first, StartsWith(format == "svg" ? "<?xml" : format == "png" ? "\x89PNG" : "%PDF"));
  }
  // A date of making has seconds: two drawings within one say nothing about it. Cairo from 1.17 on packs the
  // date into the last object stream, where it stays; what is drawn comes before that.
  const auto drawn = [](std::string pdf) {
    const bool packed = pdf.find("/CreationDate") == std::string::npos;
    return packed ? pdf.substr(0, pdf.rfind("/ObjStm")) : pdf;
  };
  const std::string pdf = draw(figure, "pdf");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(drawn(pdf), drawn(draw(figure, "pdf")));
}

TEST(FigureDrawing, SvgsCanStandInOnePage) {
  if (!can_draw()) GTEST_SKIP() << kDrawRemedy;
  std::set<std::string> seen;
  for (const Figure& figure : figures(test::full_run())) {
    const std::string svg = draw(figure, "svg");
    for (const char quote : {'\'', '"'}) {
      const std::string key = fmt::format(" id={}", quote);
      for (std::size_t at = 0; (at = svg.find(key, at)) != std::string::npos;) {
        at += key.size();
        EXPECT_TRUE(seen.insert(svg.substr(at, svg.find(quote, at) - at)).second)
            << svg.substr(at, 30) << " twice";
      }
    }
    EXPECT_THAT(svg, Not(HasSubstr("<title>")));
    EXPECT_THAT(svg, HasSubstr("font-family=\"sans-serif\" font-weight=\"bold\"")) << "a bold title";
  }
}

TEST(FigureDrawing, AnUnknownFormatIsRefused) {
  try {
    (void)draw(Figure{}, "gif");
    FAIL() << "drawn as gif";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("gif"));
  }
}

TEST(FigureDrawing, WhatGnuplotRefusesIsAnError) {
  if (!can_draw()) GTEST_SKIP() << kDrawRemedy;
  Figure figure = figures(test::full_run()).front();
  figure.script = "plot nonsense with nothing\n";
  try {
    (void)draw(figure, "svg");
    FAIL() << "drawn";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kEngine);
    EXPECT_THAT(error.what(), HasSubstr(figure.id));
  }
}

}  // namespace
}  // namespace bench
