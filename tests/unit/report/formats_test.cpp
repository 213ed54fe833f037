#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "bench/base/error.h"
#include "bench/report/render/bundle.h"
#include "bench/report/render/csv.h"
#include "bench/report/render/text.h"
#include "bench/report/report.h"
#include "support/sample_run.h"
#include "unit/report/figures_data.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using test::derived;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<const ReportFormat*> all_formats() {
  std::vector<const ReportFormat*> formats;
  for (const ReportFormat& format : report_formats()) formats.push_back(&format);
  return formats;
}

std::vector<std::string> paths(const std::vector<OutputFile>& files) {
  std::vector<std::string> names;
  for (const OutputFile& file : files) names.push_back(file.path);
  return names;
}

TEST(Formats, AreFoundByName) {
  for (const ReportFormat& format : report_formats()) EXPECT_EQ(find_report_format(format.name), &format);
  EXPECT_EQ(find_report_format("docx"), nullptr);
}

TEST(Formats, TakeEveryRun) {
  for (const bench::Run& run : {bench::Run{}, test::empty_run(), test::one_target_run(),
                                test::single_round_run(), test::interrupted_run(), test::run_with_failures(),
                                test::dead_target_run(), test::full_run(), test::hostile_full_run()}) {
    const bench::Run whole = derived(run);
    Drawings drawings = test::fake_drawings(whole);
    const auto files = report_files(whole, all_formats(), test::rendering_options(), drawings);
    EXPECT_THAT(paths(files), AllOf(Contains("report.md"), Contains("report.html"), Contains("report.tex"),
                                    Contains("samples.csv"), Contains("summaries.csv")));
    for (const OutputFile& file : files) EXPECT_FALSE(file.bytes.empty()) << file.path;
  }
}

TEST(Formats, TheSameRunGivesTheSameBytes) {
  const bench::Run run = test::full_run();
  Drawings first = test::fake_drawings(run);
  Drawings second = test::fake_drawings(run);
  const auto a = report_files(run, all_formats(), test::rendering_options(), first);
  const auto b = report_files(run, all_formats(), test::rendering_options(), second);
  ASSERT_EQ(paths(a), paths(b));
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].bytes, b[i].bytes) << a[i].path;
}

TEST(Formats, EachFileOnceAndOnlyWhatIsAskedFor) {
  const bench::Run run = test::full_run();
  Drawings drawings = test::fake_drawings(run);
  const auto files = report_files(run, {find_report_format("md"), find_report_format("png")},
                                  test::rendering_options(), drawings);
  EXPECT_EQ(files.size(), 1 + figures(run).size());
  EXPECT_THAT(paths(files), Not(Contains(HasSubstr(".svg"))));
}

TEST(Formats, ThePageLinksOnlyImagesThatAreWritten) {
  const bench::Run run = test::full_run();
  const auto page = [&](std::vector<const ReportFormat*> formats) {
    Drawings drawings = test::fake_drawings(run);
    formats.push_back(find_report_format("html"));
    return report_files(run, formats, test::rendering_options(), drawings).back().bytes;
  };
  EXPECT_THAT(page({}), Not(HasSubstr("href=\"charts/")));
  EXPECT_THAT(page({find_report_format("svg")}),
              AllOf(HasSubstr(".svg\">SVG</a>"), Not(HasSubstr(">PNG</a>"))));
}

TEST(Formats, WithoutGnuplotReportsComeWithoutFigures) {
  const bench::Run run = test::full_run();
  Drawings drawings(figures(run), nullptr);
  const auto files = report_files(run, all_formats(), test::rendering_options(), drawings);
  EXPECT_THAT(paths(files), AllOf(Contains("report.md"), Contains("report.html"), Contains("samples.csv"),
                                  Contains("summaries.csv"), Contains("report.tex")));
  EXPECT_THAT(paths(files), Not(Contains(HasSubstr("charts/"))));
  EXPECT_THAT(files[1].bytes, Not(HasSubstr("charts/")));
}

TEST(Formats, TakeTenThousandSamples) {
  const bench::Run run = derived(test::sample_run(385));
  ASSERT_GE(run.samples.size(), 10'000U);
  Drawings drawings = test::fake_drawings(run);
  const auto files = report_files(run, all_formats(), test::rendering_options(), drawings);
  const auto text = [&](const std::string& path) {
    const auto found =
        std::find_if(files.begin(), files.end(), [&](const OutputFile& file) { return file.path == path; });
    return found == files.end() ? std::string() : found->bytes;
  };
  const std::string samples = text("samples.csv"), page = text("report.html");
  EXPECT_EQ(std::count(samples.begin(), samples.end(), '\n'), run.samples.size() + 1);
  EXPECT_GT(page.size(), 10'000U);
  EXPECT_LT(page.size(), 1'000'000U);
}

TEST(SummariesCsv, HasARowPerSummaryAndNoInventedNumbers) {
  const bench::Run run = derived(test::single_round_run());
  test::expect_same_as_golden("single_round.summaries.csv", summaries_csv(run));
  EXPECT_THAT(summaries_csv(bench::Run{}), HasSubstr("scenario,target,metric,unit,n,"));
}

TEST(Drawings, EachImageIsDrawnOnce) {
  const bench::Run run = test::full_run();
  std::map<std::string, int> drawn;
  std::mutex guard;
  Drawings drawings(figures(run), [&](const Figure& figure, const std::string& format) {
    const std::scoped_lock lock(guard);
    ++drawn[figure.id + format];
    return format;
  });
  report_files(run, all_formats(), test::rendering_options(), drawings);
  report_files(run, all_formats(), test::rendering_options(), drawings);
  EXPECT_EQ(drawn.size(), figures(run).size() * figure_formats().size());
  for (const auto& [key, times] : drawn) EXPECT_EQ(times, 1) << key;
}

TEST(Drawings, AFigureThatCannotBeDrawnIsLeftOutAndNamed) {
  const bench::Run run = test::full_run();
  const std::string bad = figures(run).front().id;
  Drawings drawings(figures(run), [&](const Figure& figure, const std::string& format) -> std::string {
    if (figure.id == bad) throw Error(ErrorCode::kEngine, "gnuplot: no");
    return format == "svg" ? "<svg></svg>" : "x";
  });
  const auto files = report_files(run, all_formats(), test::rendering_options(), drawings);
  EXPECT_THAT(paths(files), Not(Contains(HasSubstr(bad))));
  EXPECT_THAT(paths(files), Contains(HasSubstr(figures(run).back().id)));
  EXPECT_EQ(drawings.problems().size(), figure_formats().size());
  EXPECT_THAT(drawings.problems().front(), AllOf(HasSubstr(bad), HasSubstr("gnuplot: no")));
  for (const OutputFile& file : files) EXPECT_THAT(file.bytes, Not(HasSubstr("charts/" + bad))) << file.path;
}

}  // namespace
}  // namespace bench
