#include "bench/report/view/trend.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/report/charts/style.h"
#include "bench/report/charts/trend.h"
#include "bench/report/render/csv.h"
#include "bench/report/render/html.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

/// `runs` nights of 0.5 s; from index `step` on (0: never) of 0.6 s.
Trend trend_of(const std::string& metric, const std::string& target, std::size_t runs, std::size_t step = 0) {
  Trend trend;
  trend.metric = metric;
  trend.unit = Unit::kSeconds;
  trend.target = target;
  for (std::size_t i = 0; i < runs; ++i) {
    const double value = step > 0 && i >= step ? 0.6 : 0.5;
    trend.points.push_back({fmt::format("2026-{:02}-{:02}T02:00:00Z", 1 + i / 28, 1 + i % 28),
                            fmt::format("n{:02}", i), 20, value, Interval{value - 0.01, value + 0.02}, true});
  }
  if (step > 0) trend.steps.push_back({step, 0.5, 0.6, 0.002});
  return trend;
}

Drawings drawings_of(const std::vector<Trend>& trends) {
  return {trend_figures(trends), [](const Figure& figure, const std::string&) {
            return fmt::format("<svg viewBox=\"0 0 8 4\"><path id='{}-line'/></svg>", figure.id);
          }};
}

std::string trend_page_of(const std::vector<Trend>& trends, const TrendPage& about = {"results", 100, 0}) {
  Drawings drawings = drawings_of(trends);
  return html_page(trend_document(trends, about), drawings, {});
}

TEST(TrendPage, SaysTheStepInWordsAndMarksItsRun) {
  const Document document =
      trend_document({trend_of("startup.ready", "docker", 40, 24)}, {"nightly", 100, 2});
  EXPECT_THAT(document.headlines,
              ElementsAre("startup.ready of docker changed on 2026-01-25: 500 ms → 600 ms (+20 %)."));
  EXPECT_EQ(document.subtitle, "40 runs from 2026-01-01 to 2026-02-12 · startup.ready");
  const Section& line = test::section(document, "metric-1");
  EXPECT_EQ(line.title, "startup.ready");
  EXPECT_THAT(lines_of(line.bullets),
              ElementsAre("docker: 500 ms → 600 ms (+20 %), from 2026-01-25T02:00:00Z on (run n24)"));
  const TextTable& runs = line.tables.at(0);
  ASSERT_THAT(runs.rows, SizeIs(40));
  EXPECT_THAT(runs.rows[24], ElementsAre("2026-01-25T02:00:00Z", "n24", "600 ms", "[590, 620]", "20",
                                         "◄ step: 500 ms → 600 ms (+20 %)"));
  EXPECT_EQ(runs.rows[23].back(), "");
  EXPECT_THAT(test::section(document, "steps").tables.at(0).rows,
              ElementsAre(ElementsAre("startup.ready", "docker", "500 ms", "600 ms", "+20 %",
                                      "2026-01-25T02:00:00Z", "n24")));
  EXPECT_THAT(lines_of(test::section(document, "reading").bullets),
              ::testing::Contains(HasSubstr("Left out: 2 lines")));
  EXPECT_THAT(document.source, HasSubstr("nightly"));
}

TEST(TrendPage, TheLatestChangePointsComeFirst) {
  std::vector<Trend> trends;
  for (const std::size_t step : {10, 20, 15, 12, 5}) {
    trends.push_back(trend_of("startup.ready", fmt::format("docker@{}", step), 40, step));
  }
  std::vector<std::string> runs;
  for (const auto& row : steps_table(trends).rows) runs.push_back(row.back());
  EXPECT_THAT(runs, ElementsAre("n20", "n15", "n12", "n10", "n05"));
  const Document document = trend_document(trends, {});
  ASSERT_THAT(document.headlines, SizeIs(4));
  EXPECT_THAT(document.headlines[0], HasSubstr("docker@20"));
  EXPECT_THAT(document.headlines[3], HasSubstr("2 more lines"));
}

TEST(TrendPage, ASectionPerMetricWithATablePerLine) {
  const Document document =
      trend_document({trend_of("startup.ready", "docker", 8), trend_of("startup.ready", "podman", 8),
                      trend_of("startup.stop", "docker", 8)},
                     {});
  ASSERT_THAT(document.sections, SizeIs(3));
  EXPECT_THAT(test::section(document, "metric-1").tables, SizeIs(2));
  EXPECT_EQ(test::section(document, "metric-1").tables[1].title, "startup.ready of podman, 8 runs");
  EXPECT_EQ(test::section(document, "metric-2").title, "startup.stop");
}

TEST(TrendPage, WithoutAChangePointItSaysSo) {
  const Document few = trend_document({trend_of("startup.ready", "docker", 9)}, {});
  EXPECT_THAT(few.headlines, ElementsAre(HasSubstr("Too few runs"))) << "none could have been seen";
  const Trend level = trend_of("startup.ready", "docker", 10);
  const Document document = trend_document({level}, {});
  EXPECT_THAT(document.headlines, ElementsAre(HasSubstr("No change point")));
  EXPECT_THROW(test::section(document, "steps"), std::out_of_range);
  EXPECT_THAT(lines_of(test::section(document, "metric-1").bullets), ElementsAre("docker: no change point"));
}

TEST(TrendPage, ARatioHasNoUnitAndZeroNoPercentage) {
  Trend ratio = trend_of("startup.ready", "libvirt:direct", 12, 6);
  ratio.against = "docker";
  EXPECT_EQ(trend_name(ratio), "libvirt:direct / docker");
  EXPECT_EQ(step_text(ratio, {6, 19.2, 17.1, 0.01}), "19× → 17× (-11 %)");
  EXPECT_EQ(step_text(trend_of("memory.swap", "docker", 12), {6, 0, 0.5, 0.01}), "0 ms → 500 ms");
  ratio.points[3].ci95.reset();
  ratio.points[4].usable = false;
  const TextTable table = trend_table(ratio);
  EXPECT_EQ(table.rows[3][3], "–");
  EXPECT_EQ(table.rows[0][3], "[0.49, 0.52]");
  EXPECT_THAT(table.rows[4].back(), HasSubstr("not a baseline"));
}

TEST(TrendPage, TextFromOutsideStaysText) {
  std::vector<Trend> trends = {trend_of(test::kHostileName, test::kHostileName, 40, 24)};
  for (Trend::Point& point : trends[0].points) {
    point.run = test::kHostileName;
    point.started_at = test::kHostileName;
  }
  trends.push_back(trends[0]);
  trends.back().against = test::kHostileName;
  const std::string page = trend_page_of(trends, {test::kHostileName, 100, 1});
  test::expect_well_formed(page);
  EXPECT_EQ(test::occurrences(page, "<script"), 1U) << "the one that the policy names";
  EXPECT_EQ(test::occurrences(page, "</style"), 1U);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xff")), Not(HasSubstr("http://")),
                          Not(HasSubstr("https://")), HasSubstr("default-src 'none'")));
}

TEST(TrendPage, EveryLineHasItsChartAndItsTables) {
  const std::vector<Trend> trends = {trend_of("startup.ready", "docker", 40, 24),
                                     trend_of("startup.ready", "libvirt:direct", 40)};
  const std::string page = trend_page_of(trends);
  test::expect_well_formed(page);
  EXPECT_EQ(test::occurrences(page, "<svg"), 2U);
  EXPECT_EQ(test::occurrences(page, ">n07<"), 2U) << "each run in each line's table";
  EXPECT_EQ(test::occurrences(page, "◄ step"), 1U);
}

TEST(TrendPage, WithoutGnuplotThereIsTheRemedy) {
  const std::vector<Trend> trends = {trend_of("startup.ready", "docker", 40, 24)};
  Drawings drawings(trend_figures(trends), nullptr);
  const std::string page = html_page(trend_document(trends, {}), drawings, {});
  test::expect_well_formed(page);
  EXPECT_THAT(page, AllOf(HasSubstr("gnuplot-nox"), Not(HasSubstr("<figure")), HasSubstr("◄ step")));
}

TEST(TrendCsv, ARowPerRunAndAFieldThatNeedsQuotesHasThem) {
  Trend trend = trend_of("startup.ready", "libvirt:direct", 6, 5);
  trend.against = "a,\"b\"";
  trend.host = "lab-1";
  trend.points[0].ci95.reset();
  const std::string csv = trends_csv({trend});
  EXPECT_EQ(test::occurrences(csv, "\r\n"), 7U);
  EXPECT_THAT(csv, HasSubstr("\r\nstartup.ready,libvirt:direct,\"a,\"\"b\"\"\",ratio,2026-01-01T02:00:00Z,"
                             "n00,20,0.5,,,false,lab-1\r\n"));
  EXPECT_THAT(csv, HasSubstr(",n05,20,0.6,0.59,0.62,true,lab-1\r\n"));
}

TEST(TrendFigure, ShowsEveryRunWithinItsAxes) {
  for (const std::size_t runs : {1, 2, 40, 400}) {
    const auto figure = trend_figure(trend_of("startup.ready", "docker", runs, runs > 20 ? runs / 2 : 0));
    ASSERT_TRUE(figure);
    std::size_t dots = 0;
    for (const FigurePoint& point : figure->panels.at(0).points) {
      EXPECT_TRUE(figure->panels[0].x.holds(point.x) && figure->panels[0].y.holds(point.y));
      dots += point.sample ? 1 : 0;
    }
    EXPECT_EQ(dots, runs);
  }
  EXPECT_FALSE(trend_figure(trend_of("startup.ready", "docker", 0)).has_value());
}

TEST(TrendFigure, SaysItsStepAndStaysOnItsCanvasWithALongName) {
  const auto figure = trend_figure(
      trend_of("memory.loaded_pss",
               "libvirt:direct@/srv/apps/a-very-long-directory-name/of/somebody/flask-two", 40, 24));
  ASSERT_TRUE(figure);
  EXPECT_THAT(figure->alt,
              HasSubstr("A step before the run of 2026-01-25T02:00:00Z: 500 ms → 600 ms (+20 %)."));
  for (const FigureText& text : figure->texts) {
    EXPECT_GE(text.left, 0) << text.text;
    EXPECT_LE(text.right, figure->width) << text.text;
  }
}

TEST(TrendFigure, NamesThatDifferInASignHaveIdsOfTheirOwn) {
  std::set<std::string> ids;
  for (const Figure& figure :
       trend_figures({trend_of("startup.ready", "docker@a", 8), trend_of("startup.ready", "docker#a", 8),
                      trend_of("startup.ready", "docker:a", 8)})) {
    ids.insert(figure.id);
  }
  EXPECT_THAT(ids, SizeIs(3));
}

TEST(TrendFigure, HasTheColourOfItsTargetsFamilyWhateverItsName) {
  Trend trend = trend_of("startup.ready", "libvirt-like", 5);
  trend.family = Kind::kContainer;
  EXPECT_THAT(trend_figure(trend)->script, AllOf(HasSubstr(kBlue), Not(HasSubstr(kVermilion))));
  trend.family = Kind::kVm;
  EXPECT_THAT(trend_figure(trend)->script, AllOf(HasSubstr(kVermilion), Not(HasSubstr(kBlue))));
}

}  // namespace
}  // namespace bench
