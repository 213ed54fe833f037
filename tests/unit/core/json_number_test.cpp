#include "bench/base/json_number.h"

#include <gtest/gtest.h>

#include <limits>

namespace bench {
namespace {

TEST(NumberOrNull, IsTheNumberThatIsKnown) {
  EXPECT_EQ(number_or_null(0.25).dump(), "0.25");
  EXPECT_EQ(number_or_null(0.0).dump(), "0.0");
}

TEST(NumberOrNull, IsNullWhereThereIsNone) {
  EXPECT_TRUE(number_or_null(std::nullopt).is_null());
  EXPECT_TRUE(number_or_null(std::numeric_limits<double>::infinity()).is_null());
  EXPECT_TRUE(number_or_null(std::numeric_limits<double>::quiet_NaN()).is_null());
}

}  // namespace
}  // namespace bench
