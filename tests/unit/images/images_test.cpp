#include "bench/images/build/images.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>

#include "bench/base/clock.h"
#include "bench/base/error.h"
#include "temp_dir.h"

namespace bench {
namespace {

class ImagesTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("BENCH_CACHE_DIR", cache_.path().c_str(), 1);
    setenv("BENCH_IMAGE_STORE", (cache_.path() / "none").c_str(),
           1);  // that of the host, if it has one, counts not
  }
  void TearDown() override {
    unsetenv("BENCH_CACHE_DIR");
    unsetenv("BENCH_IMAGE_STORE");
  }
  test::TempDir cache_;
};

TEST_F(ImagesTest, AnEmptyCacheIsNotReadyAndSaysSoAtOnce) {
  const auto start = Clock::now();
  EXPECT_FALSE(images_ready(
      {.app = {}, .artefacts = {Artefact::kDirectDisk}, .base = "distribution", .progress = {}}));
  EXPECT_LT(Seconds(Clock::now() - start).count(), 5) << "nobody is asked";
  EXPECT_EQ(image_cache_bytes(), 0);
  remove_image_cache();  // nothing there: no error
}

TEST_F(ImagesTest, AMissingAppIsAnErrorBeforeAnythingIsBuilt) {
  ImageRequest request;
  request.artefacts = {};
  request.app = cache_.path() / "missing";
  EXPECT_THROW(prepare_images(request, {}), Error);
  EXPECT_THROW(images_ready(request), Error);
}

TEST_F(ImagesTest, StoppedBeforehandBuildsNothing) {
  std::stop_source source;
  source.request_stop();
  try {
    prepare_images({}, source.get_token());
    FAIL() << "no error";
  } catch (const Error& error) {
    // Without root, or without the programs, it does not come so far.
    EXPECT_TRUE(error.code() == ErrorCode::kInterrupted || error.code() == ErrorCode::kUnavailable)
        << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(cache_.path() / "images" / "sets"));
}

TEST_F(ImagesTest, TheCacheIsCountedAndRemoved) {
  cache_.write("images/stages/base-00/layer.tar", std::string(100'000, 'x'));
  cache_.write("other/file", "kept");
  EXPECT_GE(image_cache_bytes(), 100'000);
  remove_image_cache();
  EXPECT_FALSE(std::filesystem::exists(cache_.path() / "images" / "stages"));
  EXPECT_TRUE(std::filesystem::exists(cache_.path() / "other" / "file"));
}

}  // namespace
}  // namespace bench
