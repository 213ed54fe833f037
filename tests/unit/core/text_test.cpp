#include "bench/core/text.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(Trimmed, LosesTheBlanksAtBothEndsOnly) {
  EXPECT_EQ(trimmed(" \t a b\t \r"), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed("\n a"), "\n a");
}

TEST(Trimmed, OfBlanksIsEmpty) {
  EXPECT_EQ(trimmed(" \t\r"), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Trimmed, KnowsWhatCountsAsBlank) {
  EXPECT_EQ(trimmed(" a\r", " \t"), "a\r");
}

}  // namespace
}  // namespace bench
