#include "bench/measure/google_benchmark.h"

#include <gtest/gtest.h>

#include <string>

namespace bench {
namespace {

struct ReportOf17 {
  bool error_occurred = false;
};

struct ReportOf18 {
  enum Skipped { kNot, kWithMessage, kWithError };
  Skipped skipped = kNot;
};

TEST(GoogleBenchmark, ASkippedTrialIsKnownInEveryVersion) {
  EXPECT_FALSE(was_skipped(ReportOf17{false}));
  EXPECT_TRUE(was_skipped(ReportOf17{true}));
  EXPECT_FALSE(was_skipped(ReportOf18{ReportOf18::kNot}));
  EXPECT_TRUE(was_skipped(ReportOf18{ReportOf18::kWithMessage}));
  EXPECT_TRUE(was_skipped(ReportOf18{ReportOf18::kWithError}));
}

TEST(GoogleBenchmark, TheMinimumTimeIsWrittenAsEachVersionWantsIt) {
  EXPECT_EQ(std::string(minimum_time_flag<ReportOf17>()), "--benchmark_min_time=0.001");
  EXPECT_EQ(std::string(minimum_time_flag<ReportOf18>()), "--benchmark_min_time=0.001s");
}

}  // namespace
}  // namespace bench
