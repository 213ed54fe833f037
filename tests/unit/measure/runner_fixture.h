#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "bench/measure/runner.h"
#include "support/fake_driver.h"

namespace bench {

/// A plan of two fake targets, and the run that it becomes.
class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bench-runner-XXXXXX").string();
    scratch_ = mkdtemp(pattern.data());
    plan_.scenarios = {&scenario_table().front()};
    plan_.rounds = 3;
    plan_.warmup = 1;
    plan_.seed = 5;
    plan_.rules.container_timeout = Seconds(2);
    plan_.owner = {"run", getpid(), 1};
    add("a", a_);
    add("b", b_);
  }
  ~RunnerTest() override { std::filesystem::remove_all(scratch_); }

  void add(const std::string& name, test::FakeDriver& driver) {
    Target target;
    target.driver = &driver;
    target.images = std::make_shared<const ImageSet>();
    target.info.name = name;
    target.info.kind = Kind::kContainer;
    plan_.targets.push_back(target);
    run_.targets.push_back(target.info);
  }

  void go() {
    Checkpoint checkpoint(scratch_ / "run", run_);
    run_plan(plan_, run_, checkpoint, observer_, stop_.get_token());
  }

  [[nodiscard]] long count(const std::string& target, const std::string& metric, bool warmup) const {
    return std::count_if(run_.samples.begin(), run_.samples.end(), [&](const Sample& sample) {
      return sample.target == target && sample.metric == metric && sample.warmup == warmup;
    });
  }

  test::FakeDriver a_, b_;
  Plan plan_;
  bench::Run run_;
  RunObserver observer_;
  std::stop_source stop_;
  std::filesystem::path scratch_;
};

}  // namespace bench
