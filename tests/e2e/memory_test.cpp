#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::SizeIs;

double median_of(const json& run, const std::string& target, const std::string& metric) {
  return median(values(run, target, metric));
}

json find(const json& rows, const std::string& metric, const std::string& key, const std::string& target) {
  for (const json& row : rows) {
    if (row.at("metric") == metric && row.at(key) == target) return row;
  }
  return nullptr;
}

struct Side {
  const char* name;
  std::string target;
};

// For the names of the tests.
void PrintTo(const Side& side, std::ostream* out) {
  *out << side.name;
}

class Ballast : public ::testing::TestWithParam<Side> {};

// Known truth: memory that the app takes is memory that the host gives, on both sides.
TEST_P(Ballast, MovesTheFootprintByAsMuch) {
  World world;
  const std::string side = GetParam().target;
  const bool vm = side != "docker";
  const Outcome outcome = world.bench(
      {"run", "memory", "--rounds", "3", "--warmup", "0", "--app", truth("plain").string(), "--targets",
       side + "," + side + "@" + truth("ballast").string(), "--out", world.results().string()},
      550);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  EXPECT_THAT(run.at("failures"), IsEmpty());
  const auto moved = [&](const std::string& metric) {
    return median_of(run, side + "@ballast", metric) - median_of(run, side, metric);
  };
  std::vector<std::string> metrics = {"memory.host_pss", "memory.host_uss", "memory.loaded_pss"};
  if (vm) {
    metrics.insert(metrics.end(), {"memory.guest_used", "memory.loaded_guest_used"});
    EXPECT_NEAR(moved("memory.vmm_overhead"), 0, 5 * kMiB) << "the guest's, not the VMM's";
  } else {
    metrics.emplace_back("memory.cgroup_anon");
  }
  for (const std::string& metric : metrics) EXPECT_NEAR(moved(metric), 100 * kMiB, 5 * kMiB) << metric;

  // What has no meaning for a side is absent, and says so; the parts add up to the whole.
  if (!vm) {
    EXPECT_THAT(values(run, side, "memory.guest_used"), IsEmpty());
    EXPECT_THAT(values(run, side, "memory.vmm_overhead"), IsEmpty());
    EXPECT_TRUE(run.at("conditions").contains("memory.docker.guest_used"));
  }
  for (int round = 0; round < 3; ++round) {
    double whole = 0, parts = 0;
    for (const json& sample : run.at("samples")) {
      if (sample.at("target") != side || sample.at("round") != round || sample.contains("at")) continue;
      const std::string metric = sample.at("metric");
      if (metric == "memory.host_pss") whole = sample.at("value");
      if (metric.starts_with("memory.part.")) parts += sample.at("value").get<double>();
    }
    EXPECT_GT(whole, 0);
    EXPECT_NEAR(parts, whole, 1);
  }

  // Reading must not become part of what is read.
  EXPECT_LT(median_of(run, side, "harness.settle_load"), 0.02);
  const json marginal = find(run.at("summaries"), "memory.marginal", "target", side);
  ASSERT_FALSE(marginal.is_null());
  EXPECT_EQ(marginal.at("n").get<int>(), 4) << "passes";
  EXPECT_EQ(marginal.at("unit"), "bytes");
}

INSTANTIATE_TEST_SUITE_P(Real, Ballast,
                         ::testing::Values(Side{"Container", "docker"}, Side{"Vm", "libvirt:direct"}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Memory, TheSameTwiceIsNeverDifferent) {
  World world;
  const Outcome outcome = world.bench({"run", "memory", "--rounds", "10", "--warmup", "0", "--targets",
                                       "docker,docker", "--out", world.results().string()},
                                      550);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  EXPECT_THAT(values(run, "docker#2", "memory.host_pss"), SizeIs(10));
  for (const char* metric :
       {"memory.host_pss", "memory.host_rss", "memory.host_uss", "memory.loaded_pss", "memory.cgroup_anon"}) {
    const json comparison = find(run.at("comparisons"), metric, "b", "docker#2");
    ASSERT_FALSE(comparison.is_null()) << metric;
    EXPECT_THAT(comparison.at("verdict").get<std::string>(), AnyOf(Eq("equivalent"), Eq("inconclusive")))
        << metric;
  }
  EXPECT_EQ(find(run.at("comparisons"), "memory.host_pss", "b", "docker#2").at("verdict"), "equivalent");
}

}  // namespace
}  // namespace bench::e2e
