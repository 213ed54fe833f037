#include "bench/report/view/side_by_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "bench/base/error.h"
#include "bench/report/render/csv.h"
#include "bench/report/render/side_by_side.h"
#include "bench/report/render/text.h"
#include "support/sample_run.h"
#include "unit/report/figures_data.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using test::derived;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<NamedRun> monday_and_tuesday() {
  return {{"monday", derived(test::sample_run())}, {"tuesday", derived(test::sample_run(12))}};
}

TEST(SideBySide, TheSameEnvironmentIsPlain) {
  EXPECT_THAT(fingerprint_differences(monday_and_tuesday()), IsEmpty());
  const Document document = side_by_side(monday_and_tuesday());
  EXPECT_THAT(document.banners, IsEmpty());
  EXPECT_EQ(document.sections.front().id, "runs");
}

TEST(SideBySide, WhatDiffersStandsAtTheTop) {
  auto runs = monday_and_tuesday();
  runs[1].run.environment.fingerprint["cpu_model"] = std::string("another");
  runs[1].run.environment.fingerprint.erase("kernel");
  const auto differences = fingerprint_differences(runs);
  ASSERT_EQ(differences.size(), 2U);
  EXPECT_EQ(differences[0].fact, "cpu_model");
  EXPECT_THAT(differences[0].values, ElementsAre("AMD EPYC 7B13", "another"));
  EXPECT_EQ(differences[1].values[1], "absent");
  const Document document = side_by_side(runs);
  EXPECT_THAT(document.banners.front(), HasSubstr("differ in 2 facts"));
  EXPECT_EQ(document.sections.front().id, "differences");
}

TEST(SideBySide, AnUnknownFactIsNotAnAbsentOne) {
  auto runs = monday_and_tuesday();
  runs[0].run.environment.fingerprint["new"] = std::monostate{};
  ASSERT_EQ(fingerprint_differences(runs).size(), 1U);
  EXPECT_THAT(fingerprint_differences(runs)[0].values, ElementsAre("unknown", "absent"));
}

TEST(SideBySide, HasAColumnPerRunWithTheFiguresOfEach) {
  const auto runs = monday_and_tuesday();
  const Document document = side_by_side(runs);
  const TextTable& ratios = test::section(document, "ratios").tables.front();
  EXPECT_THAT(ratios.header, ElementsAre("metric", "b vs a", "monday", "tuesday"));
  for (const Section& part : document.sections) {
    for (const TextTable& table : part.tables) {
      EXPECT_EQ(table.align.size(), table.header.size());
      for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.header.size()) << part.id;
    }
  }
}

TEST(SideBySide, AStampThatDiffersIsInTheCell) {
  std::vector<NamedRun> runs = {{"emulated", derived(test::sample_run())}, {"kvm", derived(test::kvm_run())}};
  const Document document = side_by_side(runs);
  const TextTable& medians = test::section(document, "medians-1").tables.front();
  bool seen = false;
  for (const auto& row : medians.rows) {
    if (row[0] != "startup.ready" || !row[1].starts_with("libvirt:direct")) continue;
    seen = true;
    EXPECT_EQ(row[1], "libvirt:direct");
    EXPECT_THAT(row[2], HasSubstr("(TCG)"));
    EXPECT_THAT(row[3], Not(HasSubstr("TCG")));
  }
  EXPECT_TRUE(seen);
}

TEST(SideBySide, PartsAndTheHarnessAreLeftOut) {
  const std::string csv = side_by_side_csv({{"a,b", test::full_run()}});
  EXPECT_THAT(csv, AllOf(HasSubstr("run,scenario,target,"), HasSubstr("\n\"a,b\",")));
  bool size = false;
  for (const Section& part : side_by_side({{"all", test::full_run()}}).sections) {
    for (const TextTable& table : part.tables) {
      for (const auto& row : table.rows) {
        size = size || row[0] == "size.disk";
        EXPECT_THAT(row[0], AllOf(Not(HasSubstr("size.part")), Not(HasSubstr("harness."))));
      }
    }
  }
  EXPECT_TRUE(size);
}

TEST(SideBySide, MarkdownTablesAreAligned) {
  const std::string page = markdown_page(
      side_by_side({{"plain", derived(test::sample_run())}, {"hostile", test::hostile_full_run()}}), {},
      MarkdownTable::kAligned);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
}

TEST(SideBySide, ChartsAreOfOneRun) {
  EXPECT_THROW(side_by_side_files(monday_and_tuesday(), {"svg"}), Error);
  EXPECT_EQ(side_by_side_files(monday_and_tuesday(), {"console", "md", "html", "tex", "csv"}).size(), 5U);
}

}  // namespace
}  // namespace bench
