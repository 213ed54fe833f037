#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "bench/app/engine_rows.h"
#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/core/run_json.h"
#include "bench/images/weigh/memory.h"
#include "bench/images/weigh/tools.h"
#include "bench/report/charts/figures.h"
#include "bench/report/report.h"
#include "support/fake_driver.h"
#include "unit/extension/program.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;

// A driver as a program that links the rooms adds it: this class and this row. Nothing else knows of it. Its
// targets are none of those that bench comes with: a kernel in user space, in a process that only it has.

/// A process that holds so much memory of its own, and no instance is without it.
class Pulp {
 public:
  static constexpr std::size_t kBytes = std::size_t{48} << 20;

  Pulp() {
    int ready[2] = {-1, -1};
    if (pipe(ready) != 0) throw std::runtime_error("pipe");
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED) _exit(1);
      std::memset(memory, 1, kBytes);
      (void)!write(ready[1], "", 1);
      while (true) pause();
    }
    close(ready[1]);
    char word = 0;
    (void)!read(ready[0], &word, 1);
    close(ready[0]);
  }
  ~Pulp() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Pulp(const Pulp&) = delete;
  Pulp& operator=(const Pulp&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

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

  std::vector<ImageFigure> image_figures(const ImageSet& /*images*/, const std::string& /*profile*/,
                                         std::stop_token /*stop*/) override {
    return {{"disk", "scale", "the letter scale", 5'000'000}, {"grammage", "scale", "the letter scale", 80}};
  }

  std::vector<HostProcess> processes(const std::string& id) override {
    if (!state(id).running) return {};
    return {{pulp_.pid(), "fibre"}};
  }

 private:
  Pulp pulp_;
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

/// The images of this program have no contents to weigh: what was found out about them is remembered.
void weigh_beforehand() {
  const ImageSet set = *ImageStore(cache_dir()).load("0123456789abcdef");
  std::ofstream(set.dir / "app.tar") << "an app";
  ImageSize size;
  size.transfer = 2'000'000;
  size.disk = 5'000'000;
  size.unpacked = 4'500'000;
  size.unique = 1'000'000;
  size.layers = 3;
  size.marginal = {{2, 300'000}, {3, 500'000}};
  size.slim_transfer = 1'500'000;
  size.slim_disk = 4'000'000;
  size.parts.at(0) = size.disk;
  SizeMemory(set, "container", {set.container.archive, set.dir / "app.tar"}, size_method()).keep(size);
}

std::vector<double> values_of(const bench::Run& run, const std::string& metric) {
  std::vector<double> values;
  for (const Sample& sample : run.samples) {
    if (sample.metric == metric) values.push_back(sample.value);
  }
  return values;
}

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

// Everything that can be measured, of one target: the figures are those that the driver gave.
TEST_F(AddedDriver, IsWeighedAndItsMemoryIsSeen) {
  weigh_beforehand();
  const std::string dir =
      measured("all", {"all", "--rounds", "1", "--targets", "paper:flat", "--memory", "128M"});
  const bench::Run run = load_run(dir);
  EXPECT_EQ(run.status, RunStatus::kComplete);
  EXPECT_THAT(run.failures, IsEmpty());
  EXPECT_THAT(values_of(run, "size.disk"), ElementsAre(5'000'000));
  EXPECT_THAT(values_of(run, "size.transfer"), ElementsAre(2'000'000));
  EXPECT_THAT(values_of(run, "size.marginal"), ElementsAre(400'000));
  EXPECT_THAT(values_of(run, "size.check.disk_scale"), ElementsAre(5'000'000));
  EXPECT_EQ(run.conditions.at("size.paper:flat.grammage_scale"), Fact(std::int64_t{80}));

  // What the process has beside its pulp is what it shares with this test, and little of its own.
  const double pulp = Pulp::kBytes;
  for (const char* metric :
       {"memory.host_uss", "memory.host_pss", "memory.part.fibre", "memory.loaded_uss"}) {
    EXPECT_THAT(values_of(run, metric), ElementsAre(AllOf(Ge(pulp), Le(1.5 * pulp)))) << metric;
  }
  EXPECT_EQ(values_of(run, "memory.part.fibre"), values_of(run, "memory.host_pss"));
  const auto counted = values_of(run, "memory.available");
  EXPECT_EQ(counted.size(), 4U * 7U) << "0 to 6 instances, up and down twice";

  const std::string console = bench({"report", dir, "--format", "console", "--out", "-"}).out;
  EXPECT_THAT(console, AllOf(HasSubstr("fibre"), HasSubstr("4.77 MiB")));
  EXPECT_EQ(bench({"report", dir, "--format", "csv", "--out", dir}).exit_code, 0);
  EXPECT_THAT(file_text(dir + "/samples.csv"),
              AllOf(HasSubstr("size.check.disk_scale"), HasSubstr("memory.part.fibre"),
                    HasSubstr("memory.available")));
  EXPECT_THAT(file_text(dir + "/summaries.csv"), AllOf(HasSubstr("size.disk"), HasSubstr("memory.marginal")));
  EXPECT_THAT(file_text(dir + "/run.json"),
              AllOf(HasSubstr("memory.part.fibre"), HasSubstr("the fibres of the sheet")));
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
