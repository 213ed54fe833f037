#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/base/paths.h"
#include "bench/images/build/images.h"
#include "bench/images/build/store.h"
#include "support/own_state.h"
#include "support/program.h"

namespace bench::test {

/// The whole program in this process, with state of its own and with images that an engine without an engine
/// takes for those of the bundled app.
class Program : public OwnState {
 protected:
  void SetUp() override {
    OwnState::SetUp();
    ImageStore store(cache_dir());
    ImageSet set;
    set.key = "0123456789abcdef";
    set.dir = store.set_dir(set.key);
    set.app_sha256 = "fake-app";
    set.container = {set.dir / "container.tar", "bench/backend:0123", "sha256:11", {{"app", "sha256:22", 7}}};
    std::filesystem::create_directories(set.dir);
    std::ofstream(set.container.archive) << "an archive";
    store.save(set, request_hash({}));
  }

  static Answer bench(std::vector<std::string> words) { return bench_says(std::move(words)); }

  /// The directory of a run, measured by these words.
  std::string measured(const std::string& name, std::vector<std::string> words) {
    const std::string dir = (base_ / "runs" / name).string();
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--warmup", "0", "--seed", "7", "--out", dir});
    const Answer answer = bench(std::move(words));
    EXPECT_EQ(answer.exit_code, 0) << answer.err;
    return dir;
  }
};

}  // namespace bench::test
