#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "bench/report/charts/axes.h"
#include "bench/report/charts/style.h"

namespace bench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FigureAxes, LinearWithinAFactorOfFiveElseLogarithmic) {
  EXPECT_FALSE(wants_log(std::vector<double>{1, 5}));
  EXPECT_TRUE(wants_log(std::vector<double>{1, 5.1}));
  EXPECT_FALSE(wants_log(std::vector<double>{0, 100}));
  EXPECT_FALSE(wants_log(std::vector<double>{}));
}

TEST(FigureAxes, TicksAreFewRoundAndInside) {
  for (const double low : {1e-6, 0.0003, 0.47, 0.97, 7.0, 1e6}) {
    for (const double factor : {1.0001, 1.3, 4.0, 60.0, 1e5, 1e12}) {
      for (const bool log : {false, true}) {
        const FigureAxis axis{low, low * factor, log};
        const std::vector<Tick> ticks = ticks_on(axis, {1, ""}, 8);
        EXPECT_LE(ticks.size(), 10U) << low << " " << factor;
        EXPECT_GE(ticks.size(), 2U) << low << " " << factor << " " << log;
        std::set<std::string> labels;
        for (const Tick& tick : ticks) {
          EXPECT_TRUE(axis.holds(tick.at)) << low << " " << factor;
          EXPECT_TRUE(labels.insert(tick.label).second) << tick.label << " twice: " << low << " " << factor;
        }
      }
    }
  }
}

TEST(FigureAxes, LabelsAreMovedApart) {
  EXPECT_THAT(spread({10, 12, 50}, 10, 0, 100), ElementsAre(10, 20, 50));
  EXPECT_THAT(spread({95, 99, 97}, 10, 0, 100), ElementsAre(80, 100, 90));
  EXPECT_THAT(spread({}, 10, 0, 100), IsEmpty());
}

TEST(FigureNames, LongOnesKeepBothEnds) {
  EXPECT_EQ(shorten_middle("docker", 10), "docker");
  EXPECT_EQ(shorten_middle("docker@/srv/very/long/flask-two", 14), "docker@…sk-two");
  EXPECT_EQ(display_width(shorten_middle("日本語日本語日本語日本語", 7)), 7U);
}

}  // namespace
}  // namespace bench
