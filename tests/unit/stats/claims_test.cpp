#include "bench/stats/judge/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/core/claims.h"
#include "bench/stats/judge/derive.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using StoredRun = bench::Run;  // testing::Test has a member named Run

Claim verdict(StoredRun run, const std::string& id) {
  if (run.claim_definitions.empty()) run.claim_definitions = builtin_claims();
  derive(run);
  const auto found =
      std::find_if(run.claims.begin(), run.claims.end(), [&](const Claim& claim) { return claim.id == id; });
  if (found == run.claims.end()) throw std::runtime_error("no claim " + id);
  return *found;
}

void drop_target(StoredRun& run, const std::string& name) {
  std::erase_if(run.targets, [&](const TargetInfo& target) { return target.name == name; });
  std::erase_if(run.samples, [&](const Sample& sample) { return sample.target == name; });
}

void scale(StoredRun& run, const std::string& target, const std::string& metric, double factor) {
  for (Sample& sample : run.samples) {
    if (sample.target == target && sample.metric == metric) sample.value *= factor;
  }
}

void with_kvm(StoredRun& run) {
  for (TargetInfo& target : run.targets) {
    if (target.kind == Kind::kVm) target.acceleration = Acceleration::kKvm;
  }
}

TEST(ClaimVerdict, OnSizeIsGivenUnderEmulationAndIsExact) {
  StoredRun run = test::sample_run_all();
  const Claim claim = verdict(run, "image-size");
  EXPECT_EQ(claim.findings.size(), 4U) << "two metrics against two VMs";
  EXPECT_EQ(claim.metric, "size.transfer") << "the least favourable";
  EXPECT_EQ(claim.b, "libvirt:direct");
  EXPECT_NEAR(claim.ratio.value(), 118 / 61.2, 0.001);
  EXPECT_TRUE(claim.exact);
  EXPECT_EQ(claim.n, 1);
  EXPECT_FALSE(claim.ci95);
  EXPECT_EQ(claim.verdict, ClaimVerdict::kNotSupported) << "1.93 is not 2, though every other pair is above";
  EXPECT_THAT(claim.why, HasSubstr("it holds in 3 of 4 comparisons"));
  scale(run, "docker", "size.transfer", 0.9);
  EXPECT_EQ(verdict(run, "image-size").verdict, ClaimVerdict::kSupported);
  EXPECT_EQ(verdict(run, "image-size").settle, "");
}

TEST(ClaimVerdict, OnSpeedUnderEmulationIsNotComparableWithItsRatioAndTheWayOut) {
  const Claim claim = verdict(test::sample_run_all(), "start-up");
  EXPECT_EQ(claim.verdict, ClaimVerdict::kNotComparable);
  EXPECT_NEAR(claim.ratio.value(), 19, 1);
  EXPECT_TRUE(claim.ci95);
  EXPECT_EQ(claim.n, 10);
  EXPECT_THAT(claim.why, StartsWith("VM emulated (TCG)"));
  EXPECT_THAT(claim.settle, AllOf(HasSubstr("on a host with KVM"),
                                  HasSubstr("bench run startup --targets docker,libvirt:direct")));
  EXPECT_THAT(claim.conditions, HasSubstr("libvirt:direct emulated (TCG)"));
}

TEST(ClaimVerdict, WhatWouldSettleItIsAboutTheSameImage) {
  StoredRun run = test::sample_run_all();
  run.command = {"bench",  "run",  "startup", "--image", "docker-archive:a b.tar",
                 "--port", "8080", "--out",   "x",       "--ready-path=/health"};
  EXPECT_THAT(verdict(run, "start-up").settle,
              HasSubstr("bench run startup --image 'docker-archive:a b.tar' --port 8080 --ready-path /health "
                        "--targets docker,libvirt:direct"));
}

TEST(ClaimVerdict, OnSpeedFollowsTheIntervalWhereItCounts) {
  StoredRun run = test::kvm_run();
  EXPECT_EQ(verdict(run, "start-up").verdict, ClaimVerdict::kSupported);
  run.claim_definitions = builtin_claims();
  run.claim_definitions[2].factor = 10;
  EXPECT_EQ(verdict(run, "start-up").verdict, ClaimVerdict::kNotSupported);
  StoredRun judged = run;
  derive(judged);
  run.claim_definitions[2].factor = judged.claims[2].ratio.value();
  const Claim between = verdict(run, "start-up");
  EXPECT_EQ(between.verdict, ClaimVerdict::kInconclusive);
  EXPECT_THAT(between.settle, HasSubstr("--rounds 80"));
}

TEST(ClaimVerdict, NeedsRounds) {
  StoredRun run = test::sample_run_all(8);
  with_kvm(run);
  EXPECT_EQ(verdict(run, "start-up").verdict, ClaimVerdict::kInconclusive);
  EXPECT_THAT(verdict(run, "start-up").why, HasSubstr("exploratory: 8 paired rounds"));
  EXPECT_THAT(verdict(run, "start-up").settle, HasSubstr("--rounds 10"));
  run = test::sample_run_all(1);
  with_kvm(run);
  EXPECT_EQ(verdict(run, "start-up").verdict, ClaimVerdict::kInconclusive);
  EXPECT_FALSE(verdict(run, "start-up").ci95);
  EXPECT_NE(verdict(run, "image-size").verdict, ClaimVerdict::kInconclusive) << "a size is counted once";
}

TEST(ClaimVerdict, FailuresForbidOne) {
  StoredRun run = test::kvm_run();
  for (int round = 0; round < 3; ++round) {
    run.failures.push_back({"startup", "docker", round, false, "launch", "no", {}});
  }
  EXPECT_EQ(verdict(run, "start-up").verdict, ClaimVerdict::kInconclusive);
  EXPECT_THAT(verdict(run, "start-up").why, HasSubstr("3 of 20 trials of docker failed"));
}

TEST(ClaimVerdict, NothingIsSaidOfTwoDifferentThings) {
  StoredRun run = test::sample_run_all();
  for (TargetInfo& target : run.targets) {
    if (target.kind == Kind::kVm) target.equivalence.python = "3.12.3";
  }
  for (const char* id : {"image-size", "one-layer", "start-up"}) {
    EXPECT_EQ(verdict(run, id).verdict, ClaimVerdict::kNotComparable) << id;
    EXPECT_THAT(verdict(run, id).why, StartsWith("not the same thing: python"));
  }
}

TEST(ClaimVerdict, OneVmForWhichItDoesNotHoldIsEnough) {
  StoredRun run = test::kvm_run();
  TargetInfo quick = run.targets[1];
  quick.name = "libvirt:quick";
  run.targets.push_back(quick);
  std::vector<Sample> as_quick_as_docker;
  for (Sample sample : run.samples) {
    if (sample.target != "docker") continue;
    sample.target = quick.name;
    as_quick_as_docker.push_back(sample);
  }
  run.samples.insert(run.samples.end(), as_quick_as_docker.begin(), as_quick_as_docker.end());
  const Claim claim = verdict(run, "start-up");
  EXPECT_EQ(claim.verdict, ClaimVerdict::kNotSupported);
  EXPECT_EQ(claim.b, "libvirt:quick");
  EXPECT_NEAR(claim.ratio.value(), 1, 0.01);
}

TEST(ClaimVerdict, OnTheReasonIsTheShareOfTheDifferenceThatTheLayerExplains) {
  const Claim claim = verdict(test::sample_run_all(), "one-layer");
  ASSERT_EQ(claim.findings.size(), 2U);
  EXPECT_NEAR(claim.findings[0].share.value(), (8 + 62 + 2) / 212.0, 0.001);
  EXPECT_NEAR(claim.findings[1].share.value(), (16 + 210 + 18 + 66) / 512.0, 0.001);
  EXPECT_EQ(claim.findings[0].verdict, ClaimVerdict::kNotSupported);
  EXPECT_EQ(claim.findings[1].verdict, ClaimVerdict::kSupported);
  EXPECT_EQ(claim.verdict, ClaimVerdict::kNotSupported);
  EXPECT_EQ(claim.b, "libvirt:direct");
}

TEST(ClaimVerdict, OnTheReasonFallsWhenTheSlimmedImagesAreAlike) {
  StoredRun run = test::sample_run_all();
  drop_target(run, "libvirt:direct");
  EXPECT_EQ(verdict(run, "one-layer").verdict, ClaimVerdict::kSupported);
  scale(run, "libvirt:full", "size.slim.transfer", 41.5 / 128);
  EXPECT_EQ(verdict(run, "one-layer").verdict, ClaimVerdict::kNotSupported);
  EXPECT_THAT(verdict(run, "one-layer").why, HasSubstr("no difference remains in size.slim.transfer"));
}

TEST(ClaimVerdict, OnTheReasonNeedsADifference) {
  StoredRun run = test::sample_run_all();
  for (const char* vm : {"libvirt:direct", "libvirt:full"}) scale(run, vm, "size.disk", 0.2);
  const Claim claim = verdict(run, "one-layer");
  EXPECT_EQ(claim.verdict, ClaimVerdict::kNotSupported);
  EXPECT_THAT(claim.why, HasSubstr("there is no difference to explain"));
  EXPECT_FALSE(claim.share);
}

TEST(ClaimVerdict, ItsCommandCanBePastedIntoAShell) {
  bench::Run run = test::sample_run();
  for (TargetInfo& target : run.targets) {
    if (target.name == "libvirt:direct") target.name = "libvirt:direct?accel=tcg";
  }
  for (Sample& sample : run.samples) {
    if (sample.target == "libvirt:direct") sample.target = "libvirt:direct?accel=tcg";
  }
  EXPECT_THAT(verdict(run, "image-size").settle, HasSubstr("--targets 'docker,libvirt:direct?accel=tcg"));
}

TEST(ClaimVerdict, NotMeasuredSaysWhatWouldMeasureIt) {
  EXPECT_EQ(verdict(test::sample_run_all(), "any-os").verdict, ClaimVerdict::kNotMeasured);
  EXPECT_EQ(verdict(test::sample_run(), "image-size").verdict, ClaimVerdict::kNotMeasured);
  EXPECT_THAT(verdict(test::sample_run(), "image-size").settle,
              StartsWith("bench run size --targets docker,"));
  EXPECT_EQ(verdict(test::containers_run(), "start-up").verdict, ClaimVerdict::kNotMeasured);
  EXPECT_THAT(verdict(test::containers_run(), "start-up").why, HasSubstr("no VM"));
  EXPECT_EQ(verdict(bench::Run{}, "start-up").verdict, ClaimVerdict::kNotMeasured);
}

TEST(ClaimVerdict, AMissingSideIsSaid) {
  const Claim claim = verdict(test::all_with_failures(), "image-size");
  EXPECT_EQ(claim.findings[1].verdict, ClaimVerdict::kInconclusive);
  EXPECT_THAT(claim.findings[1].why, HasSubstr("no size.transfer of both docker and libvirt:full"));
}

TEST(ClaimVerdict, ATargetWithAnAppOfItsOwnIsNoWitness) {
  StoredRun run = test::sample_run_all();
  run.targets[1].app = "/apps/other";
  const Claim claim = verdict(run, "image-size");
  EXPECT_EQ(claim.findings.size(), 2U) << "libvirt:full only";
}

ClaimDefinition claim_of(ClaimKind kind, const char* metric, const char* side, const char* against,
                         const char* direction) {
  ClaimDefinition claim;
  claim.id = "mine";
  claim.sentence = "mine";
  claim.kind = kind;
  claim.metrics = {metric};
  claim.side = side;
  claim.against = against;
  claim.direction = direction;
  claim.factor = 1.2;
  return claim;
}

TEST(ClaimVerdict, AUsersClaimMayNameTargetsAndEitherDirection) {
  StoredRun run = test::sample_run_all();
  with_kvm(run);
  run.claim_definitions = {
      claim_of(ClaimKind::kSize, "size.disk", "libvirt:direct", "libvirt:full", "lower")};
  EXPECT_EQ(verdict(run, "mine").verdict, ClaimVerdict::kSupported);
  EXPECT_NEAR(verdict(run, "mine").ratio.value(), 702 / 402.0, 1e-3);
  run.claim_definitions = {claim_of(ClaimKind::kSpeed, "startup.ready", "vm", "docker", "higher")};
  EXPECT_EQ(verdict(run, "mine").verdict, ClaimVerdict::kSupported) << "the VM's is the higher one";
  EXPECT_NEAR(verdict(run, "mine").ratio.value(), 19, 1);
  run.claim_definitions = {claim_of(ClaimKind::kSpeed, "startup.ready", "vm", "docker", "lower")};
  const Claim turned = verdict(run, "mine");
  EXPECT_EQ(turned.verdict, ClaimVerdict::kNotSupported);
  EXPECT_LT(turned.ci95->low, turned.ci95->high);
  run.claim_definitions = {claim_of(ClaimKind::kMemory, "memory.host_pss", "container", "vm", "lower")};
  EXPECT_EQ(verdict(run, "mine").verdict, ClaimVerdict::kSupported);
}

TEST(ClaimVerdict, OnMemoryOfAnEmulatedVmIsNotComparable) {
  StoredRun run = test::sample_run_all();
  run.claim_definitions = {claim_of(ClaimKind::kMemory, "memory.host_pss", "container", "vm", "lower")};
  EXPECT_EQ(verdict(run, "mine").verdict, ClaimVerdict::kNotComparable);
  EXPECT_THAT(verdict(run, "mine").why, HasSubstr("translation buffers"));
}

TEST(Claims, ComeBackWhenTheyAreDeleted) {
  StoredRun run = test::sample_run_all();
  derive(run);
  ASSERT_EQ(run.claims.size(), 4U);
  StoredRun again = run;
  again.claims.clear();
  again.summaries.clear();
  again.comparisons.clear();
  derive(again);
  EXPECT_EQ(again, run);
}

TEST(Compare, SizesAreExact) {
  StoredRun run = test::sample_run_all();
  derive(run);
  std::size_t sizes = 0;
  for (const Comparison& comparison : run.comparisons) {
    if (comparison.scenario != "size") continue;
    ++sizes;
    EXPECT_FALSE(comparison.ci95);
    EXPECT_THAT(comparison.verdict,
                ::testing::AnyOf(Verdict::kSmaller, Verdict::kLarger, Verdict::kEquivalent))
        << comparison.metric;
    EXPECT_THAT(comparison.why, StartsWith("exact"));
  }
  EXPECT_GT(sizes, 0U);
}

}  // namespace
}  // namespace bench
