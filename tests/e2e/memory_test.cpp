#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
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

constexpr double kMiB = 1024.0 * 1024;

double median_of(const json& run, const std::string& target, const std::string& metric) {
  return median(values(run, target, metric));
}

json find(const json& rows, const std::string& metric, const std::string& key, const std::string& target) {
  for (const json& row : rows) {
    if (row.at("metric") == metric && row.at(key) == target) return row;
  }
  return nullptr;
}

// Known truth: memory that the app takes is memory that the host gives, on both sides.
TEST(Memory, BallastInTheAppMovesTheFootprintByAsMuch) {
  World world;
  const std::string ballast = "@" + truth("ballast").string();
  const std::vector<std::string> sides = {"docker", "libvirt:direct"};
  const Outcome outcome =
      world.bench({"run", "memory", "--rounds", "4", "--warmup", "0", "--app", truth("plain").string(),
                   "--targets", "docker,docker" + ballast + ",libvirt:direct,libvirt:direct" + ballast,
                   "--out", world.results().string()},
                  550);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  EXPECT_THAT(run.at("failures"), IsEmpty());
  const auto moved = [&](const std::string& side, const std::string& metric) {
    return median_of(run, side + "@ballast", metric) - median_of(run, side, metric);
  };
  for (const char* metric :
       {"memory.host_pss", "memory.host_uss", "memory.loaded_pss", "memory.cgroup_anon"}) {
    EXPECT_NEAR(moved("docker", metric), 100 * kMiB, 5 * kMiB) << metric;
  }
  for (const char* metric : {"memory.guest_used", "memory.loaded_guest_used"}) {
    EXPECT_NEAR(moved("libvirt:direct", metric), 100 * kMiB, 5 * kMiB) << metric;
  }
  // What a guest's kernel has touched and given back stays with the host, and how much that is differs from
  // boot to boot: the same image takes 137 or 147 MiB of guest RAM, also without huge pages, and ballast
  // fills part of it. guest_used is free of that.
  EXPECT_NEAR(moved("libvirt:direct", "memory.host_pss"), 100 * kMiB, 18 * kMiB);
  EXPECT_NEAR(moved("libvirt:direct", "memory.vmm_overhead"), 0, 5 * kMiB) << "the guest's, not the VMM's";

  // What has no meaning for a side is absent, and says so; the parts add up to the whole.
  EXPECT_THAT(values(run, "docker", "memory.guest_used"), IsEmpty());
  EXPECT_THAT(values(run, "docker", "memory.vmm_overhead"), IsEmpty());
  EXPECT_TRUE(run.at("conditions").contains("memory.docker.guest_used"));
  for (int round = 0; round < 4; ++round) {
    for (const std::string& side : sides) {
      double whole = 0, parts = 0;
      for (const json& sample : run.at("samples")) {
        if (sample.at("target") != side || sample.at("round") != round || sample.contains("at")) continue;
        const std::string metric = sample.at("metric");
        if (metric == "memory.host_pss") whole = sample.at("value");
        if (metric.starts_with("memory.part.")) parts += sample.at("value").get<double>();
      }
      EXPECT_GT(whole, 0);
      EXPECT_NEAR(parts, whole, 1) << side;
    }
  }

  // Reading must not become part of what is read.
  for (const std::string& side : sides) {
    EXPECT_LT(median_of(run, side, "harness.settle_load"), 0.02) << side;
  }
  for (const std::string& side : sides) {
    const json marginal = find(run.at("summaries"), "memory.marginal", "target", side);
    ASSERT_FALSE(marginal.is_null()) << side;
    EXPECT_GE(marginal.at("n").get<int>(), 5) << side;
    EXPECT_EQ(marginal.at("unit"), "bytes");
  }
}

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
