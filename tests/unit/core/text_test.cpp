#include "bench/base/text.h"

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

TEST(Counted, OneIsNoPlural) {
  EXPECT_EQ(counted(1, "round"), "1 round");
  EXPECT_EQ(counted(0, "round"), "0 rounds");
  EXPECT_EQ(counted(20, "round"), "20 rounds");
}

TEST(ShellWord, IsQuotedWhereAShellWouldReadSomethingElse) {
  EXPECT_EQ(shell_word("docker,libvirt:direct@apps/plain"), "docker,libvirt:direct@apps/plain");
  EXPECT_EQ(shell_word("libvirt:direct?accel=tcg"), "'libvirt:direct?accel=tcg'");
  EXPECT_EQ(shell_word("a&b"), "'a&b'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace bench
