#include "bench/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "bench/app/run/run_retention.h"
#include "bench/base/error.h"
#include "bench/commands/all_commands.h"
#include "bench/report/charts/figures.h"
#include "bench/report/render/bundle.h"
#include "support/sample_run.h"
#include "unit/images/temp_dir.h"

namespace bench {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using MeasuredRun = bench::Run;  // testing::Test has a member named Run

// An export, a report format and a chart, as a program that links the rooms adds them. Nothing else of this
// program knows of them.

Figure dial(const std::string& run_id) {
  Figure figure;
  figure.id = "dial";
  figure.title = "A dial of " + run_id;
  figure.alt = "A dial.";
  figure.width = figure.height = 10;
  return figure;
}

const bool kAdded = [] {
  add_export({"abacus", "abacus.txt", "for who counts by hand",
              [](const MeasuredRun& run, const ReportOptions&) { return "beads of " + run.run_id + "\n"; }});
  add_report_format({"postcard",
                     "postcard.txt: with regards",
                     FormatKind::kPage,
                     {"postcard.txt"},
                     [](const MeasuredRun& run, const ReportOptions&, Drawings&) {
                       return std::vector<OutputFile>{{"postcard.txt", "greetings from " + run.run_id}};
                     },
                     {}});
  add_chart([](const MeasuredRun& run) { return std::vector<Figure>{dial(run.run_id)}; });
  return true;
}();

TEST(Extension, IsInTheHelpOfReport) {
  CLI::App app;
  CommandContext context;
  add_report(app, context);
  const std::string help = app.get_subcommand("report")->help();
  EXPECT_THAT(help, HasSubstr("abacus.txt: for who counts by hand"));
  EXPECT_THAT(help, HasSubstr("postcard.txt: with regards"));
  EXPECT_THAT(help, HasSubstr("ci-summary, abacus, postcard"));
}

TEST(Extension, WritesItsFiles) {
  const MeasuredRun run = test::sample_run();
  const auto draw = [](const Figure& figure, const std::string& format) { return figure.title + format; };
  Drawings drawings(figures(run), draw);
  std::vector<std::string> written;
  for (const OutputFile& file : report_files(
           run, {find_report_format("abacus"), find_report_format("postcard"), find_report_format("svg")}, {},
           drawings)) {
    written.push_back(file.path + ": " + file.bytes);
  }
  EXPECT_THAT(written, Contains("abacus.txt: beads of " + run.run_id + "\n"));
  EXPECT_THAT(written, Contains("postcard.txt: greetings from " + run.run_id));
  EXPECT_THAT(written, Contains("charts/dial.svg: A dial of " + run.run_id + "svg"));
}

TEST(Extension, AnExportMayStandInTheConfigurationOfAJob) {
  EXPECT_THAT(format_names(FormatKind::kExport), Contains("abacus"));
  EXPECT_THAT(format_names(FormatKind::kExport), Not(Contains("postcard")));
}

TEST(Extension, ANameIsTakenOnce) {
  EXPECT_THROW(add_export({"junit", "x", "x", {}}), Error);
}

// What a format can write, retention removes; a file that it does not know would keep the whole directory.
TEST(Extension, RetentionKnowsEveryFileOfEveryFormat) {
  const test::TempDir dir;
  const auto add_run = [&](const std::string& name, const std::string& day) {
    dir.write(name + "/run.json", R"({"schema": "bench.run/1", "run_id": "x", "started_at": ")" + day +
                                      R"(T01:00:00Z", "status": "complete", "samples": [{}]})");
  };
  add_run("old", "2026-02-01");
  add_run("new", "2026-02-02");
  MeasuredRun run = test::sample_run();
  Drawings drawings(figures(run), [](const Figure& figure, const std::string&) { return figure.id; });
  std::vector<const ReportFormat*> all;
  for (const ReportFormat& format : report_formats()) all.push_back(&format);
  std::size_t files = 0;
  for (const OutputFile& file : report_files(run, all, {}, drawings)) {
    if (!file.path.empty()) dir.write("old/" + file.path, "x");
    files += file.path.empty() ? 0 : 1;
  }
  EXPECT_GT(files, 15U);
  Retention last_run;
  last_run.runs = 1;
  const Pruned pruned = prune(dir.path(), dir.path() / "new", last_run, 1771064861);
  EXPECT_THAT(pruned.problems, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "old"));
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "new/run.json"));
}

}  // namespace
}  // namespace bench
