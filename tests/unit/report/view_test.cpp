#include "bench/report/view/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/report/render/text.h"
#include "bench/report/report.h"
#include "bench/report/view/numbers.h"
#include "bench/stats/judge/derive.h"
#include "support/sample_run.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using test::derived;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using StoredRun = bench::Run;  // testing::Test has a member named Run

std::vector<std::string> row(const TextTable& table, const std::string& first) {
  for (const auto& cells : table.rows) {
    if (cells[0] == first) return cells;
  }
  return {};
}

void expect_rectangular(const std::vector<TextTable>& tables) {
  for (const TextTable& table : tables) {
    EXPECT_EQ(table.align.size(), table.header.size()) << table.title;
    for (const auto& cells : table.rows) EXPECT_THAT(cells, SizeIs(table.header.size())) << table.title;
  }
}

TEST(SizeTables, StandSideBySideInOneUnit) {
  const auto tables = size_tables(derived(test::sample_run_all()));
  ASSERT_EQ(tables.size(), 3U);
  expect_rectangular(tables);
  EXPECT_EQ(tables[0].title, "Size of the images, in MiB");
  EXPECT_THAT(row(tables[0], "on disk"), ElementsAre("on disk", "190", "402", "2.12×", "702", "3.69×"));
  EXPECT_THAT(row(tables[0], "layers"), ElementsAre("layers", "3", "–", "–", "–", "–"));
}

TEST(SizeTables, TheAttributionAddsUpOrSaysThatItDoesNot) {
  StoredRun run = test::sample_run_all();
  EXPECT_THAT(size_tables(derived(run))[1].notes,
              ElementsAre("each column adds up to what is on disk, within 1 %"));
  for (Sample& sample : run.samples) {
    if (sample.metric == "size.part.base" && sample.target == "docker") sample.value *= 1.5;
  }
  EXPECT_THAT(size_tables(derived(run))[1].notes[0], StartsWith("docker: DOES NOT add up: 190 MiB on disk"));
}

TEST(SizeTables, ASecondSourceThatDisagreesIsShown) {
  const TextTable checks = size_tables(derived(test::sample_run_all()))[2];
  EXPECT_THAT(checks.rows, Contains(ElementsAre("docker", "disk", "engine", "190 MiB", "190 MiB", "0.21 %")));
  EXPECT_THAT(checks.rows, Contains(ElementsAre("libvirt:direct", "disk", "du", "402 MiB", "402 MiB", "0")));
  EXPECT_THAT(checks.rows, Contains(ElementsAre("libvirt:full", "virtual", "qemu", "2048 MiB", "2130 MiB",
                                                "4 % DISAGREES")));
}

TEST(MemoryTables, SayHowTheFiguresRelate) {
  const auto tables = memory_tables(derived(test::sample_run_all()));
  expect_rectangular(tables);
  EXPECT_THAT(row(tables[0], "PSS on the host"), SizeIs(4));
  EXPECT_THAT(row(tables[0], "  of it shim"), ElementsAre("  of it shim", ::testing::_, "–", "–"));
  EXPECT_THAT(row(tables[0], "VMM without guest RAM")[1], "–") << "a container has none: absent, not 0";
  EXPECT_THAT(tables.back().title, "Which figure to quote");
  EXPECT_FALSE(row(tables.back(), "what does one instance cost this host?").empty());
}

TEST(Tables, AreAbsentWhereNothingWasMeasured) {
  EXPECT_TRUE(size_tables(derived(test::sample_run())).empty());
  EXPECT_TRUE(memory_tables(derived(test::sample_run())).empty());
  EXPECT_TRUE(memory_tables(derived(test::size_run())).empty());
  EXPECT_TRUE(size_tables(derived(test::memory_run())).empty());
  EXPECT_TRUE(size_tables(bench::Run{}).empty());
  EXPECT_TRUE(memory_tables(bench::Run{}).empty());
  EXPECT_TRUE(claim_views(bench::Run{}).empty());
  EXPECT_TRUE(reading_notes(bench::Run{}).empty());
}

TEST(Tables, PartsAndChecksDoNotClutterTheGeneralOnes) {
  const StoredRun run = derived(test::sample_run_all());
  EXPECT_THAT(summary_tables(run), SizeIs(1)) << "start-up's";
  const auto rows = comparison_table(run, false).rows;
  EXPECT_THAT(rows, ::testing::Not(::testing::IsEmpty()));
  for (const auto& cells : rows) {
    for (const char* hidden : {"harness", ".part.", ".check.", "available", "size."}) {
      EXPECT_THAT(cells[0], Not(HasSubstr(hidden)));
    }
  }
}

TEST(Claims, ShowFiguresAndWhatWouldSettleThem) {
  const auto claims = claim_views(derived(test::sample_run_all()));
  ASSERT_EQ(claims.size(), 4U);
  EXPECT_EQ(claims[0].figures, "1.93× (exact)");
  EXPECT_EQ(claims[0].against, "size.transfer, libvirt:direct vs docker") << "a size carries no stamp";
  EXPECT_THAT(claims[0].evidence, SizeIs(4));
  EXPECT_THAT(claims[2].figures, AllOf(StartsWith("19× ["), HasSubstr("], 10 rounds")));
  EXPECT_EQ(claims[2].against, "startup.ready, libvirt:direct (TCG) vs docker");
  EXPECT_THAT(claims[2].settle, HasSubstr("KVM"));
  EXPECT_EQ(claims[3].verdict, ClaimVerdict::kNotMeasured);
  EXPECT_EQ(claims[3].figures, "");
}

TEST(ReadingNotes, AreOnlyAboutWhatIsInTheRun) {
  const auto starts = [](const char* what) { return Contains(StartsWith(what)); };
  EXPECT_THAT(reading_notes(derived(test::sample_run_all())),
              AllOf(starts("Ready:"), starts("PSS:"), starts("On disk"), starts("Claims:"), starts("TCG:")));
  EXPECT_THAT(reading_notes(derived(test::size_run())),
              AllOf(Not(starts("Ready:")), Not(starts("PSS:")), Not(starts("Ratio:")), starts("Slimmed:")));
  EXPECT_THAT(reading_notes(derived(test::containers_run())),
              AllOf(Not(starts("TCG:")), Not(starts("By design:"))));
}

TEST(HeadlinesOfAll, SayEachQuestionOnce) {
  const auto lines = headlines(derived(test::sample_run_all()));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_THAT(lines[0], StartsWith("container ready in"));
  EXPECT_EQ(lines[2],
            "image: container 61.2 MiB, VM (libvirt:direct) 118 MiB to send: 1.93×; on disk 190 MiB and "
            "402 MiB: 2.12×; exact");
  EXPECT_THAT(lines[4], AllOf(StartsWith("memory: container 4"), HasSubstr("of the host (PSS): "),
                              HasSubstr("10 of 10 rounds; VM emulated (TCG): its translation"),
                              HasSubstr("one more costs")));
}

TEST(HeadlinesOfAll, QuoteNoSlopeThatCouldBeZero) {
  StoredRun run = test::sample_run_all();
  for (Sample& sample : run.samples) {
    if (sample.at && sample.round % 2 == 1) sample.value += 4000 * test::kMiB * *sample.at;
  }
  derive(run);
  for (const std::string& line : headlines(run)) EXPECT_THAT(line, Not(HasSubstr("one more costs")));
  const TextTable table = comparison_table(run, false);
  EXPECT_THAT(table.notes, Contains(HasSubstr("no ratio: the slope of docker could be zero")));
}

TEST(StatusOfAll, DoesNotCountSizesOrTheCurveAsRounds) {
  EXPECT_TRUE(status_lines(test::sample_run_all()).empty());
  EXPECT_TRUE(status_lines(test::size_run()).empty());
  EXPECT_THAT(status_lines(test::sample_run_all(1)), Contains(StartsWith("EXPLORATORY: 1 round;")));
}

TEST(FailuresOfAll, AStartThatSeveralScenariosSharedIsShownOnce) {
  const auto groups = failure_groups(test::all_with_failures());
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_THAT(groups[0].what,
              StartsWith("1 × libvirt:direct (TCG), in phase kernel: not ready within 180 s"));
  EXPECT_EQ(groups[0].rounds, "round 5");
  EXPECT_EQ(groups[1].rounds, "before the rounds");
  EXPECT_THAT(headlines(derived(test::all_with_failures())),
              Contains("image: libvirt:full (TCG): failed, see below"));
}

TEST(Equivalence, AnAppOfItsOwnIsSaidToBeOnPurpose) {
  StoredRun run = test::sample_run_all();
  run.targets[1].app = "/apps/delayed";
  run.targets[1].equivalence.app_sha256 = "another";
  const TextTable table = equivalence_table(run);
  EXPECT_EQ(row(table, "app (hash)").back(), "differs on purpose");
  EXPECT_THAT(table.notes, Contains("libvirt:direct runs another app on purpose: /apps/delayed"));
}

TEST(Equivalence, AnImageIsTheSameByItsRootFileSystemAndAsksNothingOfTheApp) {
  StoredRun run = test::sample_run_all();
  for (TargetInfo& target : run.targets) {
    target.source = {SourceKind::kImage,     "nginx:1", "sha256:11", "0123456789abcdef",
                     Instrumentation::kNone, {}};
    target.equivalence = {};
    target.equivalence.rootfs_sha256 = target.source.rootfs_sha256;
  }
  TextTable table = equivalence_table(run);
  EXPECT_EQ(row(table, "root file system (hash)").at(1), "0123456789ab");
  EXPECT_EQ(row(table, "root file system (hash)").back(), "ok");
  EXPECT_THAT(table.rows, Not(Contains(Contains("flask"))));
  EXPECT_THAT(table.notes, Contains("docker starts from the image nginx:1"));
  StoredRun built = run;
  built.targets[0].source.kind = SourceKind::kBuild;
  built.targets[0].source.builder = "podman 4.3.1";
  EXPECT_THAT(equivalence_table(built).notes,
              Contains("docker starts from the build nginx:1, built by podman 4.3.1"));
  EXPECT_THAT(table.notes, Contains(StartsWith("nothing was put beside the app")));

  run.targets[1].equivalence.rootfs_sha256 = "fedcba9876543210";
  table = equivalence_table(run);
  EXPECT_EQ(row(table, "root file system (hash)").back(), "MISMATCH");
}

TEST(HostileOfAll, NamesCannotTouchTerminalOrTables) {
  const std::string bad = "a|b`c<script>\x1b[31m\n\"x\",\r\t# *y* _z_ \xff";
  StoredRun run = test::sample_run_all();
  for (Sample& sample : run.samples) {
    if (sample.target == "docker") sample.target = bad;
  }
  run.targets[0].name = bad;
  run.claim_definitions[0].sentence = bad;
  run.claim_definitions[3].not_measured = bad;
  run = derived(run);
  const std::string console = test::console_of(run, {});
  EXPECT_TRUE(std::all_of(console.begin(), console.end(),
                          [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; }));
  const std::string page = test::markdown_of(run, {});
  EXPECT_THAT(page,
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\x1b")), HasSubstr("a\\|b\\`c&lt;script>")));
}

}  // namespace
}  // namespace bench
