#include "bench/measure/marks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bench {
namespace {

TEST(ConsoleMarks, StampsEachMarkOnceInTheOrderOfArrival) {
  ConsoleMarks console(true);
  console.bytes("BdsDxe: starting Boot0001\r\n");
  console.bytes("[    0.000000] Linux version 6.1\n@bench userspace\n");
  console.bytes("@bench init\n@bench runtime\n");
  console.bytes("@bench app\n");
  const auto app = console.at(Mark::kApp);
  ASSERT_TRUE(console.at(Mark::kFirmware) && console.at(Mark::kKernel) && console.at(Mark::kInit) &&
              console.at(Mark::kRuntime) && app);
  EXPECT_LE(*console.at(Mark::kFirmware), *console.at(Mark::kKernel));
  EXPECT_LE(*console.at(Mark::kRuntime), *app);
  console.bytes("@bench app\n");
  EXPECT_EQ(console.at(Mark::kApp), app) << "the first arrival counts";
}

TEST(ConsoleMarks, FindsMarksInChunksOfOneByteAndBetweenJunk) {
  ConsoleMarks console(true);
  const std::string text = "\x1b[2J junk @bench runtime\r\n more @bench app junk\n";
  for (const char c : text) console.bytes(std::string_view(&c, 1));
  EXPECT_TRUE(console.at(Mark::kRuntime));
  EXPECT_TRUE(console.at(Mark::kApp));
  EXPECT_FALSE(console.at(Mark::kInit));
}

TEST(ConsoleMarks, AnUnfinishedWordIsNoMark) {
  ConsoleMarks console(false);
  console.bytes("@bench app");
  EXPECT_FALSE(console.at(Mark::kApp)) << "it may go on: 'apple'";
  console.bytes("le\n@bench apple\n");
  EXPECT_FALSE(console.at(Mark::kApp));
  console.bytes("@bench app\n");
  EXPECT_TRUE(console.at(Mark::kApp));
}

TEST(ConsoleMarks, AContainerHasNoFirmware) {
  ConsoleMarks console(false);
  console.bytes("Linux version 6.1\n");
  EXPECT_FALSE(console.at(Mark::kFirmware));
}

TEST(ConsoleMarks, TailKeepsTheLastLinesWithoutControlCharacters) {
  ConsoleMarks console(true);
  for (int i = 0; i < 5000; ++i) console.bytes("line " + std::to_string(i) + "\r\n");
  console.bytes("\x1b[31mlast\x1b[0m\n\n");
  EXPECT_EQ(console.tail(2), "line 4999\nlast");
  EXPECT_EQ(ConsoleMarks(true).tail(3), "");
}

TEST(ConsoleMarks, ListenerHearsMarksAndTheEndOnly) {
  ConsoleMarks console(false);
  int heard = 0;
  console.listen([&heard] { ++heard; });
  console.bytes("chatter\n");
  EXPECT_EQ(heard, 0);
  console.bytes("@bench runtime\n");
  EXPECT_EQ(heard, 1);
  console.closed();
  EXPECT_EQ(heard, 2);
  EXPECT_TRUE(console.closed_at());
  console.listen({});
  console.bytes("@bench app\n");
  EXPECT_EQ(heard, 2);
}

}  // namespace
}  // namespace bench
