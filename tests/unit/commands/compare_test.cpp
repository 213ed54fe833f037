#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/core/run_json.h"
#include "support/golden.h"
#include "support/own_state.h"
#include "support/program.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::HasSubstr;

class CompareMatrix : public OwnState {
 protected:
  std::string stored(const bench::Run& run) {
    const std::filesystem::path dir = base_ / run.run_id;
    std::filesystem::create_directories(dir);
    std::ofstream(dir / "run.json") << to_json(run);
    return dir.string();
  }
};

TEST_F(CompareMatrix, HoldsEveryPairOfTargetsAgainstEachOther) {
  const std::string dir = stored(test::sample_run());
  const test::Answer console = test::bench_says({"compare", dir, "--matrix"});
  EXPECT_EQ(console.exit_code, 0) << console.err;
  test::expect_same_as_golden("matrix.console.txt", console.out);
  test::expect_same_as_golden("matrix.md",
                              test::bench_says({"compare", dir, "--matrix", "--format", "md"}).out);
}

TEST_F(CompareMatrix, OfOneTargetIsAnError) {
  const test::Answer answer = test::bench_says({"compare", stored(test::one_target_run()), "--matrix"});
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_EQ(answer.out, "");
  EXPECT_THAT(answer.err, HasSubstr("a run of one target has no pairs"));
  EXPECT_THAT(answer.err, HasSubstr("name a second run: bench compare A B"));
}

TEST_F(CompareMatrix, IsOfOneRun) {
  const std::string dir = stored(test::sample_run());
  EXPECT_EQ(test::bench_says({"compare", dir, dir, "--matrix"}).exit_code, 2);
  EXPECT_EQ(test::bench_says({"compare", dir, "--targets", "docker", "--matrix"}).exit_code, 2);
}

TEST_F(CompareMatrix, AProgramIsToldWhatHasNoRatioAndWhy) {
  const test::Answer answer =
      test::bench_says({"compare", stored(test::sample_run()), "--matrix", "--format", "json"});
  ASSERT_EQ(answer.exit_code, 0) << answer.err;
  const auto said = nlohmann::json::parse(answer.out);
  ASSERT_EQ(said.at("refused").size(), 2U);
  for (const auto& row : said.at("refused")) {
    EXPECT_EQ(row.at("metric"), "startup.stop");
    EXPECT_THAT(row.at("why").get<std::string>(), HasSubstr("two kinds of stop"));
  }
  for (const auto& row : said.at("comparisons")) {
    EXPECT_FALSE(row.at("metric") == "startup.stop" && row.at("b") == "libvirt:direct") << row.dump();
  }
}

}  // namespace
}  // namespace bench
