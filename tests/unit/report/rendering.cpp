#include "unit/report/rendering.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "bench/core/claims.h"
#include "bench/stats/derive.h"
#include "unit/report/figures_data.h"

namespace bench::test {

const std::string kHostileName =
    "a|b`c</style><script>alert(1)</script>\x1b[31m\n\"x\" 'y',\r\t# *y* _z_ [l](u) \xff ü 漢 \\input{x} "
    "$x^2$ % @ {} "
    "--";

Run hostile_full_run() {
  bench::Run run = full_run({.targets = {"docker", "libvirt:direct", "libvirt:full"}, .failed = 0.1});
  const auto rename = [](std::string& name) {
    if (name == "libvirt:direct") name = kHostileName;
  };
  for (Sample& sample : run.samples) rename(sample.target);
  for (Failure& failure : run.failures) {
    rename(failure.target);
    failure.message = kHostileName;
  }
  for (TargetInfo& target : run.targets) {
    rename(target.name);
    target.engine_version = kHostileName;
    target.equivalence.python = kHostileName;
    target.image[kHostileName] = kHostileName;
  }
  run.run_id = run.suite_commit = kHostileName;
  run.command = {"bench", kHostileName};
  run.environment.fingerprint[kHostileName] = kHostileName;
  run.environment.warnings = {{kHostileName, kHostileName}};
  run.conditions[kHostileName] = kHostileName;
  run.claim_definitions = builtin_claims();
  run.claim_definitions[0].sentence = kHostileName;
  derive(run);
  return run;
}

ReportOptions rendering_options() {
  ReportOptions options;
  options.directory = "20260214T101500Z-startup";
  options.files = {"run.json", "samples.csv", "summaries.csv"};
  return options;
}

namespace {

Drawings fake_drawings_of(std::vector<Figure> figures) {
  return {std::move(figures), [](const Figure& figure, const std::string& format) {
            return format == "svg" ? fmt::format(
                                         "<?xml version=\"1.0\"?>\n<svg\n width=\"8\" height=\"4\" "
                                         "viewBox=\"0 0 8 4\">\n<title>Gnuplot</title>\n<path "
                                         "id='{}-line' d='M0,0'/></svg>\n",
                                         figure.id)
                                   : figure.id + " as " + format;
          }};
}

}  // namespace

Document small_document() {
  TextTable table;
  table.title = "Start-up, in s";
  table.header = {"target", "median s", "why"};
  table.align = "lrl";
  table.rows = {{"docker", "0.619", "the whole interval lies beyond ±5 %"},
                {"[a & b]", "11.7", "the whole interval lies beyond ±5 %"},
                {"c", "–", "nothing was measured, and this sentence is too long for a narrow column"}};
  table.notes = {"n = 10"};
  Document document;
  document.title = "Containers & VMs";
  document.subtitle = "2 targets";
  document.banners = {"EXPLORATORY: 4 rounds"};
  document.headlines = {"container ready in 0.619 s"};
  document.tiles = {{"19×", "time to ready [18, 19]"}};
  document.verdicts = {{"id",
                        "a container starts much faster than a VM",
                        "supported",
                        "19× [18, 19], 10 rounds",
                        "startup.ready, vm vs docker",
                        "cache warm",
                        "the whole interval is at least 2×",
                        "more rounds",
                        {"one pair", "another"}}};
  document.words = {"The median was 0.619 s. This supports the claim “a container starts much faster”."};
  document.sections = {{"results", "Results", {"As measured."}, {"first", "second"}, {table}, true, false},
                       {"method", "How it was measured", {"With care."}, {}, {}, false, true}};
  document.files = {"run.json"};
  document.source = "A function of the stored run x";
  return document;
}

Drawings small_drawings() {
  Figure one, two;
  one.id = "one";
  one.title = "Phases";
  one.alt = "Docker takes 0.619 s.";
  one.caption = "How to read it.";
  two = one;
  two.id = "two";
  return fake_drawings_of({one, two});
}

Drawings fake_drawings(const bench::Run& run) {
  return fake_drawings_of(figures(run));
}

bench::Run derived(bench::Run run) {
  derive(run);
  return run;
}

void expect_same_as_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(BENCH_TEST_DIR) / "golden" / name;
  if (std::getenv("BENCH_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, golden) << path << ": run with BENCH_UPDATE_GOLDEN=1 and read the difference";
}

}  // namespace bench::test
