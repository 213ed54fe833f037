// Sizes of real images against known truths.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/e2e/harness.h"

namespace bench::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// The one sample of a metric that is measured once.
double figure(const json& run, const std::string& target, const std::string& metric) {
  const auto all = values(run, target, metric);
  EXPECT_EQ(all.size(), 1U) << target << " " << metric;
  return all.empty() ? 0 : all.front();
}

double parts(const json& run, const std::string& target) {
  double sum = 0;
  for (const auto& row : run.at("samples")) {
    if (row.at("target") == target && row.at("metric").get<std::string>().starts_with("size.part.")) {
      sum += row.at("value").get<double>();
    }
  }
  return sum;
}

/// The app with ballast in memory, which moves nothing in size, and 50 MiB of files that nothing compresses.
std::filesystem::path heavy_app(const World& world) {
  const auto directory = world.scratch() / "heavy";
  std::filesystem::copy(truth("ballast"), directory, std::filesystem::copy_options::recursive);
  std::mt19937_64 random(50);
  std::ofstream file(directory / "ballast.bin", std::ios::binary);
  for (int i = 0; i < 50 * 1024 * 1024 / 8; ++i) {
    const std::uint64_t word = random();
    file.write(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return directory;
}

/// Known truth: what is put into the app is what every size of it grows by, and grows in the app's row.
void expect_moved_by_fifty(const json& run, const std::string& target) {
  const auto moved = [&](const std::string& metric) {
    return (figure(run, target + "@heavy", metric) - figure(run, target, metric)) / kMiB;
  };
  for (const char* metric : {"size.disk", "size.transfer", "size.unique", "size.part.app", "size.marginal"}) {
    EXPECT_NEAR(moved(metric), 50, 1) << target << " " << metric;
  }
  for (const char* part : {"base", "python", "dependencies", "docs", "packages", "other", "filesystem"}) {
    EXPECT_NEAR(moved(std::string("size.part.") + part), 0, 1) << target << " " << part;
  }
}

TEST(Size, EveryTargetIsWeighedTheSumsAreWholeAndFiftyMebibytesAreSeen) {
  World world;
  const std::vector<std::string> targets = {"docker", "libvirt:direct", "libvirt:full"};
  const std::string heavy = "@" + heavy_app(world).string();
  const Outcome outcome =
      world.bench({"run", "size", "--app", truth("plain").string(), "--targets",
                   "docker,docker" + heavy + ",libvirt:direct,libvirt:direct" + heavy + ",libvirt:full",
                   "--rounds", "1", "--out", world.results().string()},
                  550);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  for (const auto& target : targets) {
    const double disk = figure(run, target, "size.disk");
    EXPECT_NEAR(parts(run, target) / disk, 1.0, 0.01) << target;
    EXPECT_LT(figure(run, target, "size.part.other"), 0.05 * disk) << target;
    for (const char* part : {"python", "dependencies", "app", "base", "packages"}) {
      EXPECT_GT(figure(run, target, std::string("size.part.") + part), 0) << target << " " << part;
    }
    EXPECT_LT(figure(run, target, "size.transfer"), disk) << target;
    EXPECT_LE(figure(run, target, "size.unique"), disk) << target;
    EXPECT_LT(figure(run, target, "size.slim.disk"), disk) << target;
    EXPECT_LT(figure(run, target, "size.slim.transfer"), figure(run, target, "size.transfer")) << target;
    EXPECT_GT(figure(run, target, "size.marginal"), 0) << target;
    EXPECT_LT(figure(run, target, "size.marginal"), 0.05 * disk) << target << ": the base is shared";
    EXPECT_EQ(values(run, target, "size.marginal_at").size(), 2U) << target;
  }
  // The same files on both sides: what is Python's is Python's.
  const double python = figure(run, "docker", "size.part.python");
  EXPECT_NEAR(figure(run, "libvirt:direct", "size.part.python") / python, 1.0, 0.05);
  EXPECT_NEAR(figure(run, "libvirt:full", "size.part.python") / python, 1.0, 0.05);
  EXPECT_EQ(figure(run, "docker", "size.part.kernel"), 0);
  EXPECT_GT(figure(run, "libvirt:direct", "size.part.kernel"), 1 * kMiB);
  EXPECT_GT(figure(run, "libvirt:full", "size.part.modules"), 10 * kMiB);

  // Second sources.
  EXPECT_NEAR(figure(run, "docker", "size.check.virtual_engine") / figure(run, "docker", "size.virtual"), 1.0,
              0.01);
  for (const char* target : {"libvirt:direct", "libvirt:full"}) {
    EXPECT_NEAR(figure(run, target, "size.check.disk_qemu") / figure(run, target, "size.disk"), 1.0, 0.01);
    EXPECT_NEAR(figure(run, target, "size.check.virtual_qemu") / figure(run, target, "size.virtual"), 1.0,
                0.01);
  }
  for (const auto& warning : run.at("environment").at("warnings")) {
    EXPECT_THAT(warning.at("text").get<std::string>(), Not(HasSubstr("by our own account")));
  }
  for (const char* target : {"docker", "libvirt:direct"}) expect_moved_by_fifty(run, target);
}

}  // namespace
}  // namespace bench::e2e
