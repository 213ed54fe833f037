#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "bench/app/engine_rows.h"
#include "bench/base/error.h"
#include "bench/core/run_json.h"
#include "bench/report/charts/figures.h"
#include "bench/report/report.h"
#include "support/fake_driver.h"
#include "unit/extension/program.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A driver as a program that links the rooms adds it: this class and this row. Nothing else knows of it. Its
// targets are none of those that bench comes with: a kernel in user space, in a process that only it has.

class PaperDriver : public test::FakeDriver {
 public:
  explicit PaperDriver(const DriverOptions& options) {
    driver_info.engine_name = "Paper";
    driver_info.engine_version = "80g";
    driver_info.engine = {{"sheet", std::string("A4")}};
    driver_info.traits.kernel = KernelOf::kUserSpace;
    driver_info.traits.boundary = Boundary::kUserSpaceKernel;
    driver_info.traits.roles = {{"fibre", "the fibres of the sheet"}};
    driver_info.warnings = {{"paper burns", "keep it from fire"}};
    if (parameter(options.parameters, "ink", "black") == "slow") behaviour.ready_after = Seconds(0.05);
  }
};

const bool kPaperAdded = [] {
  DriverRow row;
  row.name = "paper";
  row.traits = container_traits();
  row.profiles = {{"flat", Artefact::kContainerArchive}, {"folded", Artefact::kContainerArchive}};
  row.parameters = {{.key = "ink", .words = "how fast it dries", .values = {"black", "slow"}}};
  row.built = true;
  row.summary = "a sheet of paper";
  row.telling = {"sheet"};
  row.make = [](const DriverOptions& options) -> std::unique_ptr<Driver> {
    return std::make_unique<PaperDriver>(options);
  };
  add_driver(std::move(row));
  return true;
}();

class AddedDriver : public test::Program {
 protected:
  std::string paper_run(const std::string& name) {
    return measured(name, {"startup", "--rounds", "10", "--all-rounds", "--targets",
                           "paper:flat,paper:folded?ink=slow,paper:flat?cpus=1"});
  }
};

TEST_F(AddedDriver, IsListedWithItsProfilesAndParameters) {
  EXPECT_THAT(bench({"list", "targets"}).out,
              AllOf(HasSubstr("paper:flat"), HasSubstr("paper:folded"), HasSubstr("a sheet of paper"),
                    HasSubstr("?ink=black|slow")));
}

TEST_F(AddedDriver, IsNamedWhereATargetIsMistyped) {
  const test::Answer answer = bench({"run", "startup", "--targets", "paper:flatt"});
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_THAT(answer.err, HasSubstr("did you mean 'paper:flat'"));
  EXPECT_THAT(bench({"run", "startup", "--targets", "paper:flat?ink=slwo"}).err,
              HasSubstr("did you mean 'slow'"));
}

TEST_F(AddedDriver, IsSeenByTheDoctor) {
  std::vector<std::string> lines;
  for (const DriverRow& driver : driver_table()) {
    if (driver.name != "paper") continue;  // the others ask real engines
    for (const DoctorRow& row : engine_rows(driver, {})) {
      lines.push_back(row.area + " " + to_text(row.status) + ": " + row.detail);
    }
  }
  EXPECT_THAT(lines, ElementsAre("paper ok: Paper 80g, sheet A4", "paper warn: paper burns"));
}

TEST_F(AddedDriver, IsMeasuredAndStored) {
  const bench::Run run = load_run(paper_run("one"));
  EXPECT_EQ(run.status, RunStatus::kComplete);
  ASSERT_EQ(run.targets.size(), 3U);
  EXPECT_EQ(run.targets[1].name, "paper:folded?ink=slow");
  EXPECT_EQ(run.targets[1].parameters, (Parameters{{"ink", "slow"}}));
  EXPECT_EQ(run.targets[1].traits.boundary, Boundary::kUserSpaceKernel);
  EXPECT_EQ(run.targets[1].traits.roles.at("fibre"), "the fibres of the sheet");
  for (const TargetInfo& target : run.targets) {
    const auto is_ready = [&](const Sample& sample) {
      return sample.target == target.name && sample.metric == "startup.ready";
    };
    EXPECT_EQ(std::count_if(run.samples.begin(), run.samples.end(), is_ready), 10) << target.name;
  }
}

TEST_F(AddedDriver, IsInEveryReportAndExport) {
  const std::string dir = paper_run("one");
  for (const ReportFormat& format : report_formats()) {
    if (format.kind == FormatKind::kCharts || format.name == "abacus" || format.name == "postcard") continue;
    const test::Answer answer = bench({"report", dir, "--format", format.name, "--out", "-"});
    EXPECT_EQ(answer.exit_code, 0) << answer.err;
    EXPECT_THAT(answer.out, HasSubstr("paper:f")) << format.name;
  }
  EXPECT_THAT(bench({"report", dir, "--format", "console", "--out", "-"}).out,
              HasSubstr("container (paper:flat) ready in"));
  EXPECT_THAT(bench({"report", dir, "--format", "md", "--out", "-"}).out, HasSubstr("Paper 80g"));
  for (const Figure& figure : figures(load_run(dir))) {
    if (figure.id == "dial") continue;  // of another test of this program
    EXPECT_THAT(figure.alt, HasSubstr("paper:flat")) << figure.id;
  }
}

TEST_F(AddedDriver, IsComparedAndGated) {
  const std::string one = paper_run("one");
  const std::string two = paper_run("two");
  EXPECT_THAT(bench({"compare", one, two}).out, HasSubstr("paper:flat?cpus=1"));
  const test::Answer gate = bench({"gate", two, "--baseline", one});
  EXPECT_THAT(gate.exit_code, AnyOf(0, 1)) << gate.err;
  EXPECT_THAT(gate.out, HasSubstr("paper:folded?ink=slow"));
}

TEST(AddedDrivers, ANameIsTakenOnce) {
  DriverRow again;
  again.name = "paper";
  EXPECT_THROW(add_driver(again), Error);
}

}  // namespace
}  // namespace bench
