#include "bench/stats/slope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "bench/stats/student_t.h"
#include "support/sample_run.h"

namespace bench {
namespace {

TEST(StudentT, AgreesWithTheTables) {
  // Two-sided 95 % and 90 %, as every printed table has them.
  EXPECT_NEAR(student_t_quantile(0.95, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.95, 2), 4.30265, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.95, 3), 3.18245, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.95, 4), 2.77645, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.95, 7), 2.36462, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.95, 30), 2.04227, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.90, 1), 6.31375, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.90, 10), 1.81246, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.95, 100'000), 1.95996, 1e-4) << "the normal distribution";
}

// R: coef(lm(y ~ x)) for x = 1:5, y = c(2.1, 3.9, 6.2, 7.8, 10.1).
TEST(FitSlope, OnePassIsOrdinaryLeastSquaresWithoutAnInterval) {
  const auto fit = fit_slope({{1, 2.1, 0}, {2, 3.9, 0}, {3, 6.2, 0}, {4, 7.8, 0}, {5, 10.1, 0}});
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->slope, 1.99, 1e-12);
  EXPECT_EQ(fit->n, 1);
  EXPECT_FALSE(fit->error);
  EXPECT_FALSE(fit->interval(0.95));
}

// R: t.test(c(38, 40, 41, 45)).
TEST(FitSlope, TheIntervalIsThatOfThePassesSlopes) {
  std::vector<CurvePoint> points;
  int pass = 0;
  for (const double each : {41.0, 38.0, 45.0, 40.0}) {
    for (const double x : {0.0, 1.0, 2.0, 1.0, 0.0}) points.push_back({x, 1000.0 * pass + each * x, pass});
    ++pass;
  }
  const auto fit = fit_slope(points);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->slope, 41, 1e-9);
  EXPECT_EQ(fit->n, 4);
  EXPECT_EQ(fit->freedom, 3);
  EXPECT_NEAR(*fit->error, 1.471960, 1e-5);
  EXPECT_NEAR(fit->interval(0.95)->low, 36.315566, 1e-5);
  EXPECT_NEAR(fit->interval(0.95)->high, 45.684434, 1e-5);
  EXPECT_NEAR(fit->by_pass.front(), 38, 1e-9);
  EXPECT_NEAR(fit->by_pass.back(), 45, 1e-9);
}

TEST(FitSlope, WhatLiesBetweenPassesIsNotSlope) {
  // The second pass lies 1000 lower and goes through fewer points; the slope of each is exactly -3.
  const auto fit = fit_slope({{0, 9, 0}, {1, 6, 0}, {2, 3, 0}, {2, -997, 1}, {0, -991, 1}});
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->slope, -3, 1e-9);
  EXPECT_EQ(fit->freedom, 1);
  EXPECT_NEAR(*fit->error, 0, 1e-9);
  ASSERT_EQ(fit->by_pass.size(), 2U);
  EXPECT_NEAR(fit->by_pass[0], -3, 1e-9);
}

TEST(FitSlope, APassThatWasBrokenOffDoesNotCount) {
  const auto fit = fit_slope({{0, 0, 0},
                              {1, 7, 0},
                              {2, 14, 0},
                              {2, 18, 1},
                              {1, 9, 1},
                              {0, 0, 1},  // both whole
                              {0, 0, 2},
                              {1, 100, 2},  // on the way up
                              {2, 0, 3},
                              {1, 100, 3}});  // on the way down
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->n, 2);
  EXPECT_NEAR(fit->slope, 8, 1e-12);
}

TEST(FitSlope, DriftThatGoesUpAndDownTheCurveCancels) {
  std::vector<CurvePoint> points;
  const double xs[] = {0, 1, 2, 3, 4, 4, 3, 2, 1, 0};
  for (int i = 0; i < 10; ++i) points.push_back({xs[i], 100 - 7 * xs[i] - 2.0 * i, i / 5});
  const auto fit = fit_slope(points);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->slope, -7, 1e-9);
  EXPECT_GT(*fit->error, 0) << "and is seen";
}

TEST(FitSlope, WithoutAChangeOfXThereIsNone) {
  EXPECT_FALSE(fit_slope({}));
  EXPECT_FALSE(fit_slope({{0, 1, 0}}));
  EXPECT_FALSE(fit_slope({{2, 1, 0}, {2, 5, 0}, {3, 9, 1}}));
}

// Up and down in turn, as containers and VMs are walked. Least squares over all readings of containers, taken
// as independent, covers in 8 of 10 trials.
TEST(FitSlope, TheIntervalCoversTheTruthAsOftenAsItSaysOnAHostThatDrifts) {
  const std::vector<double> one_by_one = {0, 1, 2, 3, 4, 5, 6}, together = {0, 3};
  const std::vector<double> down = {6, 5, 4, 3, 2, 1, 0}, vms_down = {3, 2, 1, 0};
  for (const auto& [up, back] : {std::pair(one_by_one, down), std::pair(together, vms_down)}) {
    test::Noise noise(7);
    int covered = 0;
    constexpr int kTrials = 2000;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<CurvePoint> points;
      double level = 0;
      for (int pass = 0; pass < 4; ++pass) {
        for (const double x : pass % 2 == 0 ? up : back) {
          level += 5 * noise.normal();  // what the host has taken since the reading before
          points.push_back({x, level + 40 * x + noise.normal(), pass});
        }
      }
      const Interval interval = *fit_slope(points)->interval(0.95);
      covered += interval.low <= 40 && 40 <= interval.high ? 1 : 0;
    }
    EXPECT_NEAR(covered, 0.95 * kTrials, 0.02 * kTrials) << up.size() << " readings on the way up";
  }
}

}  // namespace
}  // namespace bench
