#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>

#include "e2e/harness.h"

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kDay = 86400;

/// As if all that is known about guests' acceleration had been found out so many days ago.
void age_findings(const fs::path& file, int days) {
  json findings = json::parse(file_text(file));
  for (json& verdict : findings.at("verdicts")) verdict["found_at"] = std::time(nullptr) - days * kDay;
  std::ofstream(file) << findings.dump();
}

TEST(Doctor, ShowsHowOldAFindingIsAndAgainFindsItOutAnew) {
  World world;
  const fs::path state = world.state() / "state";
  const fs::path acceleration = state / "acceleration.json", daemons = state / "libvirt-daemons.json";
  const auto a_guest_runs = [&](const std::string& name) {
    const Outcome run = world.bench({"run", "startup", "--targets", "libvirt:direct", "--rounds", "1",
                                     "--warmup", "0", "--out", (world.scratch() / name).string()});
    EXPECT_EQ(run.exit_code, 0) << run.err;
  };
  if (!fs::exists(acceleration)) a_guest_runs("first");
  ASSERT_TRUE(fs::exists(acceleration));
  age_findings(acceleration, 12);
  std::ofstream(daemons) << json{
      {"qemu:///elsewhere libvirt 1", {{"seconds", 76}, {"found_at", std::time(nullptr) - 3 * kDay}}}};
  EXPECT_THAT(world.bench({"doctor"}, 60).out,
              AllOf(HasSubstr("(found 12 days ago"),
                    HasSubstr("qemu:///elsewhere starts an empty guest in 76.0 s; found 3 days ago")));
  age_findings(acceleration, 31);
  EXPECT_THAT(world.bench({"doctor"}, 60).out, Not(HasSubstr("found 31 days ago")))
      << "it is believed no more";

  age_findings(acceleration, 12);
  EXPECT_THAT(world.bench({"doctor", "--again"}, 60).out,
              AllOf(Not(HasSubstr("found 12 days ago")), Not(HasSubstr("qemu:///elsewhere"))));
  EXPECT_FALSE(fs::exists(acceleration));
  EXPECT_FALSE(fs::exists(daemons));
  a_guest_runs("again");
  // On a busy host it may be one that passes: that is said behind it.
  EXPECT_THAT(world.bench({"doctor"}, 60).out, HasSubstr("(found today"));
}

}  // namespace
}  // namespace bench::e2e
