#include "bench/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
// g++ warns about a strncpy inside the library.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-truncation"
#endif
#include <libfccp/csv.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "bench/report/render/csv.h"
#include "bench/report/render/markdown_text.h"
#include "bench/report/render/text.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/view.h"
#include "support/sample_run.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using test::derived;
using test::expect_same_as_golden;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// testing::Test has a member named Run.
using StoredRun = bench::Run;

struct Fixture {
  std::string name;
  StoredRun (*make)();
};

const std::vector<Fixture>& fixtures() {
  static const std::vector<Fixture> all = {
      {"typical", [] { return test::sample_run(); }},
      {"kvm", test::kvm_run},
      {"failures", test::run_with_failures},
      {"dead_target", test::dead_target_run},
      {"one_target", test::one_target_run},
      {"interrupted", test::interrupted_run},
      {"single_round", test::single_round_run},
      {"mismatched", test::mismatched_run},
      {"unmarked", test::unmarked_run},
      {"empty", test::empty_run},
      {"all", [] { return test::sample_run_all(); }},
      {"all_one_round", [] { return test::sample_run_all(1); }},
      {"all_failures", test::all_with_failures},
      {"size_only", test::size_run},
      {"memory_only", test::memory_run},
      {"containers", test::containers_run},
  };
  return all;
}

ReportOptions stored_options() {
  ReportOptions options;
  options.directory = "results/20260214T101500Z-startup";
  options.files = {"run.json", "samples.csv", "report.md"};
  return options;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class Golden : public ::testing::TestWithParam<Fixture> {};

TEST_P(Golden, Console) {
  expect_same_as_golden(GetParam().name + ".console.txt",
                        test::console_of(derived(GetParam().make()), stored_options()));
}

TEST_P(Golden, Markdown) {
  expect_same_as_golden(GetParam().name + ".report.md",
                        test::markdown_of(derived(GetParam().make()), stored_options()));
}

// What one format says and another leaves out by accident would be seen by nobody who reads one of them.
TEST_P(Golden, EveryFormatHasEverySectionOfTheDocument) {
  const bench::Run run = derived(GetParam().make());
  ReportOptions wide = stored_options();
  wide.width = 1000;
  const std::string console = test::console_of(run, wide);
  const std::string markdown = test::markdown_of(run);
  for (const Section& section : run_document(run, {}).sections) {
    std::vector<std::string> said = section.paragraphs;
    if (section.has_text()) said.push_back(section.title);
    for (const TextTable& table : section.tables) said.push_back(table.title);
    for (const Bullet& bullet : section.bullets) said.push_back(bullet.remedy);
    for (const std::string& text : said) {
      EXPECT_THAT(markdown, HasSubstr(markdown_escaped(text)));
      if (section.background) continue;
      EXPECT_THAT(console, HasSubstr(text));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Report, Golden, ::testing::ValuesIn(fixtures()),
                         [](const auto& info) { return info.param.name; });

TEST(GoldenCsv, Samples) {
  expect_same_as_golden("single_round.samples.csv", samples_csv(test::single_round_run(), {}));
}

TEST(Console, FitsItsWidth) {
  for (const Fixture& fixture : fixtures()) {
    for (const std::size_t width : {60, 80, 100, 140}) {
      ReportOptions options = stored_options();
      options.width = width;
      for (const std::string& line : lines_of(test::console_of(derived(fixture.make()), options))) {
        EXPECT_LE(display_width(line), width) << fixture.name << ": " << line;
      }
    }
  }
}

TEST(Console, ColourIsTheOnlyDifferenceOfColour) {
  ReportOptions options = stored_options();
  const StoredRun run = derived(test::run_with_failures());
  const std::string plain = test::console_of(run, options);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  options.colour = true;
  std::string coloured = test::console_of(run, options);
  EXPECT_NE(coloured.find('\x1b'), std::string::npos);
  for (std::size_t at = 0; (at = coloured.find('\x1b')) != std::string::npos;) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  EXPECT_EQ(coloured, plain);
}

TEST(Headline, SaysItInOneLine) {
  const auto lines = headlines(derived(test::sample_run()));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(
      lines[0],
      AllOf(StartsWith("container ready in 0."), HasSubstr("VM (libvirt:direct) in 11."), HasSubstr("× ["),
            HasSubstr("10 of 10 rounds; VM emulated (TCG): not a figure for hardware virtualisation")));
  EXPECT_THAT(headlines(derived(test::kvm_run()))[0],
              HasSubstr("20 of 20 rounds; VM (libvirt:direct) is slower"));
  EXPECT_THAT(headlines(derived(test::mismatched_run()))[0],
              HasSubstr("not comparable: not the same thing: python"));
  EXPECT_THAT(headlines(derived(test::dead_target_run())),
              Contains("libvirt:direct (TCG): no valid start, 10 of 10 failed"));
  EXPECT_THAT(headlines(derived(test::empty_run())), ::testing::ElementsAre("nothing was measured"));
  EXPECT_THAT(headlines(bench::Run{}), ::testing::ElementsAre("nothing was measured"));
}

TEST(Headline, EveryRowOfAnEmulatedVmIsStamped) {
  const auto tables = summary_tables(derived(test::sample_run()));
  ASSERT_FALSE(tables.empty());
  for (const TextTable& table : tables) {
    ASSERT_EQ(table.rows.size(), 3U);
    EXPECT_EQ(table.rows[1][0], "libvirt:direct (TCG)");
    EXPECT_EQ(table.rows[2][0], "libvirt:full (TCG)");
  }
}

TEST(Phases, AddUpToReady) {
  std::size_t tables = 0;
  for (const Fixture& fixture : fixtures()) {
    for (const PhaseTable& table : phase_tables(fixture.make())) {
      ++tables;
      EXPECT_FALSE(table.rows.empty()) << fixture.name;
      double sum = 0;
      double last = 0;
      for (const PhaseRow& row : table.rows) {
        EXPECT_DOUBLE_EQ(row.begin, last) << fixture.name;
        sum += row.end - row.begin;
        last = row.end;
      }
      EXPECT_NEAR(sum, table.ready, 1e-9) << fixture.name;
      EXPECT_EQ(last, table.ready);
    }
  }
  EXPECT_GE(tables, fixtures().size()) << "most runs have one a target";
}

TEST(Phases, TellAbsentFromUnknown) {
  const auto tables = phase_tables(test::unmarked_run());
  const auto took = [&](std::size_t table, const std::string& phase) {
    for (const PhaseRow& row : tables[table].rows) {
      if (row.name == phase) return row.took;
    }
    return std::string("no such row");
  };
  EXPECT_EQ(took(0, "kernel"), "–");    // a container boots none
  EXPECT_EQ(took(0, "runtime"), "?");   // somebody else's app does not say
  EXPECT_EQ(took(1, "firmware"), "?");  // out of order
  EXPECT_NE(took(1, "kernel"), "?");
  EXPECT_EQ(tables[1].rows[3].note, "with firmware");
  EXPECT_EQ(tables[0].rows[7].note, "with runtime, app");
}

TEST(Status, NamesWhatStoppedTheRun) {
  EXPECT_TRUE(status_lines(test::sample_run()).empty());
  EXPECT_THAT(status_lines(test::interrupted_run())[0],
              StartsWith("INTERRUPTED by a signal after 4 of 10 rounds"));
  EXPECT_THAT(status_lines(test::interrupted_run())[1], StartsWith("EXPLORATORY: 4 rounds"));
  EXPECT_THAT(status_lines(test::sample_run(8))[0], StartsWith("EXPLORATORY: 8 rounds; a verdict needs 10"));
  StoredRun run = test::sample_run(12);
  run.rounds = 20;
  run.stopped_by = "precision";
  EXPECT_THAT(status_lines(run)[0], HasSubstr("after 12 of 20 rounds: the ratios were precise enough"));
  run.stopped_by = "budget";
  EXPECT_THAT(status_lines(run)[0], HasSubstr("time budget"));
}

TEST(Failures, AreGroupedAndKeptApartFromNumbers) {
  const auto groups = failure_groups(test::dead_target_run());
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_THAT(groups[0].what, AllOf(StartsWith("10 × libvirt:direct (TCG), in phase kernel"),
                                    HasSubstr("censored: it takes more than 30.0 s")));
  EXPECT_EQ(groups[0].rounds, "rounds 1, 2, 3, 4, 5, 6, 7, 8, 9, 10");
}

const std::string kHostile = "a|b`c<script>\x1b[31m\n\"x\",\r\t# *y* _z_ [l](u) \xff\xfe ü";

StoredRun hostile_run() {
  StoredRun run = test::run_with_failures();
  for (Sample& sample : run.samples) {
    if (sample.target == "docker") sample.target = kHostile;
  }
  run.targets[0].name = kHostile;
  run.targets[0].engine_version = kHostile;
  run.targets[0].equivalence.python = kHostile;
  run.environment.fingerprint[kHostile] = kHostile;
  run.environment.warnings = {{kHostile, kHostile}};
  run.failures[1].message = kHostile;
  run.command = {"bench", kHostile};
  return derived(run);
}

TEST(Hostile, NamesCannotTouchTheTerminal) {
  const std::string text = test::console_of(hostile_run(), stored_options());
  for (const char c : text) {
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  }
  EXPECT_EQ(text.find('\xff'), std::string::npos);
  for (const std::string& line : lines_of(text)) EXPECT_LE(display_width(line), 100U);
}

TEST(Hostile, NamesCannotTouchThePage) {
  const std::string text = test::markdown_of(hostile_run(), stored_options());
  EXPECT_THAT(text, AllOf(HasSubstr("a\\|b\\`c&lt;script>"), Not(HasSubstr("\x1b"))));
  // Every table keeps its number of cells.
  std::size_t cells = 0;
  for (const std::string& line : lines_of(text)) {
    if (line.empty() || line[0] != '|') {
      cells = 0;
      continue;
    }
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
    if (cells == 0) cells = bars;
    EXPECT_EQ(bars, cells) << line;
  }
}

struct CsvFile {
  explicit CsvFile(const std::string& text)
      : path(std::filesystem::temp_directory_path() / ("bench-csv-" + std::to_string(::getpid()) + ".csv")) {
    std::ofstream(path, std::ios::binary) << text;
  }
  ~CsvFile() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

/// Reads it back by the library that others use.
std::vector<Sample> read_back(const std::string& text) {
  const CsvFile file(text);
  io::CSVReader<10, io::trim_chars<>, io::double_quote_escape<',', '"'>> reader(file.path.string());
  reader.read_header(io::ignore_no_column, "scenario", "target", "metric", "unit", "value", "round",
                     "position", "warmup", "resolution", "at");
  std::vector<Sample> samples;
  Sample sample;
  std::string unit, value, warmup, resolution, at;
  while (reader.read_row(sample.scenario, sample.target, sample.metric, unit, value, sample.round,
                         sample.position, warmup, resolution, at)) {
    sample.unit = from_text<Unit>(unit).value_or(Unit::kNone);
    sample.value = std::strtod(value.c_str(), nullptr);
    sample.warmup = warmup == "true";
    sample.resolution =
        resolution.empty() ? std::nullopt : std::optional(std::strtod(resolution.c_str(), nullptr));
    sample.at = at.empty() ? std::nullopt : std::optional(std::strtod(at.c_str(), nullptr));
    samples.push_back(sample);
  }
  return samples;
}

TEST(Csv, ReadsBackExactly) {
  StoredRun run = test::sample_run();
  run.samples[0].value = 0.1 + 0.2;
  run.samples[1].value = 1e-300;
  run.samples[2].value = 123456789012345678.0;
  run.samples[3].target = "a \"quoted\", name";
  run.samples[4].target = " spaces ";
  run.samples[5].target = "\"";
  run.samples[6].at = 3;
  EXPECT_EQ(read_back(samples_csv(run, {})), run.samples);
}

TEST(Csv, NeverHasANewlineInAField) {
  const std::string text = samples_csv(hostile_run(), {});
  EXPECT_EQ(lines_of(text).size(), hostile_run().samples.size() + 1);
  EXPECT_EQ(read_back(text).size(), hostile_run().samples.size());
}

TEST(Csv, OfAnEmptyRunIsItsHeader) {
  EXPECT_EQ(samples_csv(test::empty_run(), {}),
            "scenario,target,metric,unit,value,round,position,warmup,resolution,at\r\n");
}

TEST(Formats, SomeOtherScenarioIsShownToo) {
  StoredRun run = test::one_target_run();
  run.samples.clear();
  for (int round = 0; round < 10; ++round) {
    run.samples.push_back(
        {"density", "docker", "density.used", Unit::kBytes, 250.0 * (1 << 20), round, 0, false, {}});
    run.samples.push_back({"density", "docker", "harness.settle", Unit::kSeconds, 2, round, 0, false, {}});
  }
  const std::string text = test::console_of(derived(run), {});
  EXPECT_THAT(text, AllOf(HasSubstr("density.used: docker 250 MiB"), HasSubstr("median MiB"),
                          Not(HasSubstr("harness."))));
}

TEST(Numbers, ThreeSignificantDigitsWithoutExponents) {
  EXPECT_EQ(significant(0.6134), "0.613");
  EXPECT_EQ(significant(9.999), "10.0");
  EXPECT_EQ(significant(11.44), "11.4");
  EXPECT_EQ(significant(1234.4), "1234");
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(significant(-0.0), "0");
  EXPECT_EQ(significant(-0.001234), "-0.00123");
  EXPECT_EQ(significant(25e9), "25000000000");
}

TEST(Numbers, AColumnHasOneUnit) {
  const std::vector<double> mixed = {0.6, 11.4};
  EXPECT_EQ(with_unit(0.6134, scale_for(Unit::kSeconds, mixed)), "0.613 s");
  const std::vector<double> small = {0.6, 0.02};
  EXPECT_EQ(with_unit(0.02, scale_for(Unit::kSeconds, small)), "20.0 ms");
  const std::vector<double> bytes = {3.0 * (1 << 20)};
  EXPECT_EQ(with_unit(1.5 * (1 << 20), scale_for(Unit::kBytes, bytes)), "1.50 MiB");
  EXPECT_EQ(with_unit(3, scale_for(Unit::kCount, bytes)), "3");
}

TEST(Numbers, Ratios) {
  EXPECT_EQ(ratio_text(18.7), "19×");
  EXPECT_EQ(ratio_text(1.868), "1.87×");
  EXPECT_EQ(ratio_text(9.96), "10×");
  EXPECT_EQ(ratio_text(0.0531), "0.0531×");
  EXPECT_EQ(ratio_bracket({17.46, 20.9}), "[17, 21]");
}

TEST(Text, FromOutsideIsMadeHarmless) {
  EXPECT_EQ(one_line("a\nb\tc"), "a b c");
  EXPECT_EQ(one_line("\x1b[31mred"), "[31mred");
  EXPECT_EQ(one_line("x\xc2\x9by"), "x y");      // CSI in one character
  EXPECT_EQ(one_line("x\xe2\x80\xaey"), "x y");  // right-to-left override
  EXPECT_EQ(one_line("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(one_line("ü×– 😀"), "ü×– 😀");
  EXPECT_EQ(display_width("ü×–"), 3U);
  EXPECT_EQ(shorten("abcdef", 4), "abc…");
  EXPECT_EQ(shorten("üüüü", 3), "üü…");
  EXPECT_EQ(shorten("abc", 3), "abc");
}

}  // namespace
}  // namespace bench
