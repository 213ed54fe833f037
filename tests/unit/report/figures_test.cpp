#include "bench/report/charts/figures.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/base/error.h"
#include "bench/report/charts/style.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/view.h"
#include "figures_data.h"
#include "support/sample_run.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using test::derived;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::vector<std::string> kSix = {
    "docker",           "libvirt:direct",
    "libvirt:full",     "docker@/srv/apps/a-very-long-directory-name/flask-two",
    "libvirt:direct#2", "libvirt:full@/srv/another/long/directory"};

std::vector<std::string> first_of_six(std::size_t count) {
  return {kSix.begin(), kSix.begin() + static_cast<std::ptrdiff_t>(count)};
}

struct Case {
  std::string name;
  bench::Run run;
};

/// So many failures that their marks need all of their room.
void add_failing(std::vector<Case>& made) {
  test::FullRun plan;
  plan.rounds = 40;
  plan.failed = plan.censored = 0.4;
  plan.targets = first_of_six(2);
  made.push_back({"failing often", test::full_run(plan)});
}

/// Runs of every kind that a user can have: few and many targets, failures, nothing but one scenario, values
/// far apart or zero.
const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> made;
    for (const std::size_t targets : {1, 2, 3, 4, 6}) {
      for (const double noise : {0.0, 0.05, 0.6}) {
        test::FullRun plan;
        plan.targets = first_of_six(targets);
        plan.seed = made.size() + 1;
        plan.noise = noise;
        plan.rounds = 3 + static_cast<int>(made.size() % 12);
        plan.failed = plan.censored = made.size() % 3 == 2 ? 0.2 : 0;
        made.push_back({fmt::format("{} targets, noise {}", targets, noise), test::full_run(plan)});
      }
    }
    add_failing(made);
    const auto add = [&](const std::string& name, const auto& change) {
      test::FullRun plan;
      change(plan);
      made.push_back({name, test::full_run(plan)});
    };
    add("one round", [](test::FullRun& plan) { plan.rounds = 1; });
    add("one round of one target", [](test::FullRun& plan) {
      plan.rounds = 1;
      plan.targets = {"docker"};
    });
    add("no memory", [](test::FullRun& plan) { plan.memory = false; });
    add("memory only", [](test::FullRun& plan) { plan.startup = plan.size = false; });
    add("size only", [](test::FullRun& plan) { plan.startup = plan.memory = false; });
    add("far apart", [](test::FullRun& plan) { plan.factor = 1000; });
    add("close to nothing", [](test::FullRun& plan) { plan.factor = 1e-4; });
    add("zeros", [](test::FullRun& plan) { plan.zeros = true; });
    add("under KVM", [](test::FullRun& plan) { plan.acceleration = Acceleration::kKvm; });
    add("two VMs", [](test::FullRun& plan) { plan.targets = {"libvirt:direct", "libvirt:full"}; });
    made.push_back({"typical", derived(test::sample_run())});
    made.push_back({"failures", derived(test::run_with_failures())});
    made.push_back({"dead target", derived(test::dead_target_run())});
    made.push_back({"interrupted", derived(test::interrupted_run())});
    made.push_back({"unmarked", derived(test::unmarked_run())});
    return made;
  }();
  return all;
}

bench::Run large_run() {
  test::FullRun plan;
  plan.rounds = 3334;
  plan.targets = {"docker", "libvirt:direct", "libvirt:full"};
  plan.memory = plan.size = false;
  plan.only_ready = true;
  plan.failed = 0.01;
  return test::full_run(plan);
}

std::vector<std::string> ids(const std::vector<Figure>& all) {
  std::vector<std::string> out;
  for (const Figure& figure : all) out.push_back(figure.id);
  return out;
}

std::vector<double> values_of(const bench::Run& run, const std::string& metric,
                              const std::string& target = {}) {
  std::vector<double> values;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup && sample.metric == metric && (target.empty() || sample.target == target)) {
      values.push_back(sample.value);
    }
  }
  return values;
}

TEST(Figures, WhatIsDrawnLiesInsideItsAxes) {
  for (const Case& each : cases()) {
    const std::vector<Figure> all = figures(each.run);
    ASSERT_THAT(all, Not(IsEmpty())) << each.name;
    for (const Figure& figure : all) {
      for (const FigurePanel& panel : figure.panels) {
        ASSERT_LT(panel.x.low, panel.x.high) << each.name << ", " << figure.id;
        ASSERT_LT(panel.y.low, panel.y.high) << each.name << ", " << figure.id;
        ASSERT_TRUE(!panel.x.log || panel.x.low > 0) << each.name << ", " << figure.id;
        for (const FigurePoint& point : panel.points) {
          ASSERT_TRUE(panel.x.holds(point.x) && panel.y.holds(point.y))
              << fmt::format("{}, {}: ({}, {}) is not in [{}, {}] × [{}, {}]", each.name, figure.id, point.x,
                             point.y, panel.x.low, panel.x.high, panel.y.low, panel.y.high);
        }
        // The limits that gnuplot is given are the ones that were looked at.
        EXPECT_THAT(figure.script,
                    HasSubstr(fmt::format("set xrange [{:.17g}:{:.17g}]", panel.x.low, panel.x.high)));
        EXPECT_THAT(figure.script,
                    HasSubstr(fmt::format("set yrange [{:.17g}:{:.17g}]", panel.y.low, panel.y.high)));
      }
    }
  }
}

// The same from the other end: not what the chart has, but what the run has.
TEST(Figures, EverySampleIsThere) {
  std::set<std::string> looked_at;
  for (const Case& each : cases()) {
    const std::vector<Figure> all = figures(each.run);
    const std::string subject =
        values_of(each.run, "startup.ready").empty() ? "memory.host_pss" : "startup.ready";
    const std::string scenario = subject.substr(0, subject.find('.'));
    const std::vector<double> values = values_of(each.run, subject);
    const Figure* trials = test::find_figure(all, scenario + "-trials");
    ASSERT_EQ(trials == nullptr, values.empty()) << each.name;
    if (trials == nullptr) continue;
    EXPECT_EQ(test::dots_in(trials->panels[0]), values.size()) << each.name;
    for (const double value : values) EXPECT_TRUE(trials->panels[0].x.holds(value)) << each.name;

    const Figure* rounds = test::find_figure(all, scenario + "-rounds");
    ASSERT_NE(rounds, nullptr) << each.name;
    std::size_t panel = 0;
    for (const TargetInfo& target : each.run.targets) {
      const std::vector<double> of_target = values_of(each.run, subject, target.name);
      if (of_target.empty()) continue;
      EXPECT_EQ(test::dots_in(rounds->panels[panel]), of_target.size()) << each.name;
      for (const double value : of_target) EXPECT_TRUE(rounds->panels[panel].y.holds(value)) << each.name;
      ++panel;
    }

    if (const Figure* marginal = test::find_figure(all, "memory-marginal")) {
      looked_at.insert(marginal->id);
      EXPECT_EQ(test::dots_in(marginal->panels[0]), values_of(each.run, "memory.available").size())
          << each.name;
    }
    if (const Figure* size = test::find_figure(all, "size")) {
      looked_at.insert(size->id);
      for (const char* metric : {"size.transfer", "size.disk", "size.unique", "size.slim.disk"}) {
        for (const double value : values_of(each.run, metric)) {
          EXPECT_TRUE(size->panels[0].x.holds(value)) << each.name << ", " << metric;
        }
      }
    }
    if (const Figure* ratio = test::find_figure(all, "ratio")) {
      looked_at.insert(ratio->id);
      EXPECT_TRUE(ratio->panels[0].x.holds(1)) << each.name;
      for (const Comparison& comparison : each.run.comparisons) {
        if (comparison.a == each.run.targets[0].name && comparison.metric == "startup.ready") {
          looked_at.insert("a ratio of it");
          EXPECT_TRUE(ratio->panels[0].x.holds(comparison.ratio)) << each.name;
        }
      }
    }
  }
  EXPECT_THAT(looked_at, ::testing::ElementsAre("a ratio of it", "memory-marginal", "ratio", "size"));
}

TEST(Figures, TextsDoNotOverlap) {
  for (const Case& each : cases()) {
    for (const Figure& figure : figures(each.run)) {
      for (std::size_t i = 0; i < figure.texts.size(); ++i) {
        const FigureText& a = figure.texts[i];
        EXPECT_TRUE(a.left >= 0 && a.right <= figure.width && a.top >= 0 && a.bottom <= figure.height)
            << each.name << ", " << figure.id << ": “" << a.text << "” leaves the canvas: " << a.left << "…"
            << a.right << " of " << figure.width;
        for (std::size_t k = i + 1; k < figure.texts.size(); ++k) {
          const FigureText& b = figure.texts[k];
          EXPECT_FALSE(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
              << each.name << ", " << figure.id << ": “" << a.text << "” and “" << b.text << "”";
        }
      }
    }
  }
}

TEST(Figures, SixOfThemFromACompleteRunAndTheFullListOfRatios) {
  EXPECT_THAT(ids(figures(test::full_run())),
              ElementsAre("startup-phases", "startup-trials", "ratio", "size", "size-parts", "memory",
                          "memory-marginal", "startup-rounds", "ratio-all"));
}

TEST(Figures, WithoutDataThereIsNone) {
  EXPECT_THAT(figures(derived(test::empty_run())), IsEmpty());
  test::FullRun plan;
  plan.memory = false;
  for (const std::string& id : ids(figures(test::full_run(plan)))) EXPECT_THAT(id, Not(StartsWith("memory")));
  plan.targets = {"docker"};
  EXPECT_EQ(test::find_figure(figures(test::full_run(plan)), "ratio"), nullptr);
}

TEST(Figures, SayTheNumbersOfTheTables) {
  const bench::Run run = test::full_run();
  const std::vector<Figure> all = figures(run);
  std::size_t medians = 0, comparisons = 0, rows = 0, sizes = 0;
  for (const Summary& summary : run.summaries) {
    if (summary.metric != "startup.ready") continue;
    ++medians;
    EXPECT_THAT(test::find_figure(all, "startup-trials")->script,
                HasSubstr("'" + with_unit(summary.median, {1, "s"}) + "'"));
  }
  const std::string ratios = test::find_figure(all, "ratio-all")->script;
  for (const Comparison& comparison : run.comparisons) {
    if (comparison.a != "docker") continue;
    ++comparisons;
    EXPECT_THAT(ratios, HasSubstr("'" + ratio_text(comparison.ratio) +
                                  (comparison.ci95 ? " " + ratio_bracket(*comparison.ci95) : "") + "'"));
  }
  const std::string memory = test::find_figure(all, "memory")->script;
  for (const TextTable& table : memory_tables(run)) {
    if (table.rows.empty() || table.rows[0][0] != "PSS on the host") continue;
    ++rows;
    for (std::size_t i = 1; i < table.rows[0].size(); ++i) {
      EXPECT_THAT(memory, HasSubstr(table.rows[0][i] + " MiB"));
    }
  }
  const std::string size = test::find_figure(all, "size")->script;
  for (const char* metric : {"size.transfer", "size.disk", "size.unique", "size.marginal"}) {
    for (const double value : values_of(run, metric)) {
      ++sizes;
      EXPECT_THAT(size, HasSubstr("'" + with_unit(value, {1 << 20, "MiB"})));
    }
  }
  EXPECT_EQ(medians, run.targets.size());
  EXPECT_GE(comparisons, run.targets.size() - 1);
  EXPECT_GE(rows, 1U);
  EXPECT_GE(sizes, run.targets.size());
}

TEST(Figures, SayWhatTheyShowUnderWhichConditions) {
  for (const Figure& figure : figures(test::full_run())) {
    EXPECT_THAT(figure.title, Not(IsEmpty()));
    EXPECT_THAT(figure.caption, Not(IsEmpty()));
    EXPECT_THAT(figure.alt, AllOf(HasSubstr("docker"), HasSubstr("libvirt:full (TCG)"))) << figure.id;
    EXPECT_THAT(figure.script, HasSubstr("TCG")) << figure.id;
    if (!figure.id.starts_with("size")) {
      EXPECT_THAT(figure.alt, HasSubstr("not a figure for hardware virtualisation")) << figure.id;
      EXPECT_THAT(figure.script, HasSubstr("warm cache")) << figure.id;
    }
  }
  test::FullRun plan;
  plan.acceleration = Acceleration::kKvm;
  for (const Figure& figure : figures(test::full_run(plan))) {
    EXPECT_THAT(figure.script, Not(HasSubstr("TCG"))) << figure.id;
  }
}

TEST(Figures, FailuresAndCensoredTrialsStandAtTheEdge) {
  const Figure trials = figures(derived(test::run_with_failures())).at(1);
  ASSERT_EQ(trials.id, "startup-trials");
  ASSERT_EQ(trials.panels.size(), 2U);
  EXPECT_THAT(trials.script, HasSubstr("'1 failed, 1 > 120 s'"));
  EXPECT_THAT(trials.alt, HasSubstr("n = 8, 1 failed, 1 > 120 s"));
  EXPECT_EQ(test::dots_in(trials.panels[0]), 28U);
}

TEST(Figures, ATargetLooksTheSameEverywhere) {
  test::FullRun plan;
  plan.targets = kSix;
  const bench::Run run = test::full_run(plan);
  std::set<std::string> colours;
  std::set<Shape> shapes;
  for (const TargetLook& look : target_looks(run)) {
    colours.insert(look.colour);
    shapes.insert(look.shape);
    EXPECT_LE(display_width(look.name), kNameWidth) << look.name;
  }
  EXPECT_EQ(colours.size(), kSix.size());
  EXPECT_EQ(shapes.size(), kSix.size());
  EXPECT_EQ(target_looks(run)[0].colour, kBlue);
  EXPECT_EQ(target_looks(run)[1].colour, kVermilion);
  for (const std::string id : {"startup-trials", "size", "memory-marginal", "startup-rounds"}) {
    for (const TargetLook& look : target_looks(run)) {
      EXPECT_THAT(test::find_figure(figures(run), id)->script, HasSubstr(look.colour)) << id;
    }
  }
}

TEST(Figures, TenThousandTrialsBecomeASmallPictureThatSaysSo) {
  const bench::Run run = large_run();
  ASSERT_GT(values_of(run, "startup.ready").size(), 9500U);
  const std::vector<Figure> all = figures(run);
  for (const std::string id : {"startup-trials", "startup-rounds"}) {
    const Figure* figure = test::find_figure(all, id);
    ASSERT_NE(figure, nullptr);
    EXPECT_THAT(figure->script,
                HasSubstr(fmt::format("of {} trials", values_of(run, "startup.ready").size())));
    for (const FigurePanel& panel : figure->panels) {
      EXPECT_LT(panel.points.size(), 4 * kDotsAtMost);
      for (const FigurePoint& point : panel.points) {
        ASSERT_TRUE(panel.x.holds(point.x) && panel.y.holds(point.y)) << id;
      }
    }
  }
  for (const double value : values_of(run, "startup.ready")) {
    ASSERT_TRUE(test::find_figure(all, "startup-trials")->panels[0].x.holds(value));
  }
  if (!can_draw()) GTEST_SKIP() << kDrawRemedy;
  for (const Figure& figure : all) EXPECT_LT(draw(figure, "svg").size(), 300'000U) << figure.id;
}

}  // namespace
}  // namespace bench
