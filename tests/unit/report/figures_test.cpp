#include "bench/report/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/core/error.h"
#include "bench/stats/derive.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

bench::Run derived(bench::Run run) {
  derive(run);
  return run;
}

/// Every stored shape of a run that has something to show.
const std::vector<bench::Run>& runs() {
  static const std::vector<bench::Run> all = {
      derived(test::sample_run()),       derived(test::kvm_run()),        derived(test::run_with_failures()),
      derived(test::dead_target_run()),  derived(test::one_target_run()), derived(test::interrupted_run()),
      derived(test::single_round_run()), derived(test::mismatched_run()), derived(test::unmarked_run())};
  return all;
}

void expect_inside(const Figure& figure) {
  for (const FigurePanel& panel : figure.panels) {
    for (const FigurePoint& point : panel.points) {
      EXPECT_TRUE(panel.x.holds(point.x))
          << figure.id << ": x " << point.x << " is outside " << panel.x.low << "…" << panel.x.high;
      EXPECT_TRUE(panel.y.holds(point.y))
          << figure.id << ": y " << point.y << " is outside " << panel.y.low << "…" << panel.y.high;
    }
  }
}

TEST(Figures, WhatIsDrawnLiesInsideItsAxes) {
  for (const bench::Run& run : runs()) {
    const std::vector<Figure> all = figures(run);
    ASSERT_THAT(all, Not(IsEmpty()));
    for (const Figure& figure : all) expect_inside(figure);
  }
}

TEST(Figures, ARunWithoutSamplesHasNone) {
  EXPECT_THAT(figures(derived(test::empty_run())), IsEmpty());
}

TEST(Figures, AreDrawnTheSameEachTime) {
  if (!can_draw()) GTEST_SKIP() << kDrawRemedy;
  for (const Figure& figure : figures(derived(test::sample_run()))) {
    for (const std::string& format : figure_formats()) {
      const std::string first = draw(figure, format);
      EXPECT_EQ(first, draw(figure, format)) << figure.id << "." << format;
      EXPECT_THAT(first, StartsWith(format == "svg" ? "<?xml" : format == "png" ? "\x89PNG" : "%PDF"));
    }
  }
}

TEST(Figures, AnUnknownFormatIsRefused) {
  try {
    (void)draw(Figure{}, "gif");
    FAIL() << "drawn as gif";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("gif"));
  }
}

}  // namespace
}  // namespace bench
