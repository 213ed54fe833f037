#include "bench/measure/start_report.h"

#include <gtest/gtest.h>

#include "bench/measure/marks.h"

namespace bench {
namespace {

constexpr const char* kLine =
    "@bench start command=00000000000000aa environment=0123456789abcdef user=1000:1000+4+27 "
    "limits=nofile:1024:524288,nproc:-1:-1 workdir=/srv/a b=c\r\n";

TEST(StartReport, IsReadFromBetweenWhatElseIsSaid) {
  const Equivalence says = read_start_report(std::string("\x01\0junk\n", 7) + kLine + "@bench init\n");
  EXPECT_EQ(says.command, "00000000000000aa");
  EXPECT_EQ(says.environment, "0123456789abcdef");
  EXPECT_EQ(says.user, "1000:1000+4+27");
  EXPECT_EQ(says.limits, "nofile:1024:524288,nproc:-1:-1");
  EXPECT_EQ(says.workdir, "/srv/a b=c");
}

TEST(StartReport, WhatIsMalformedIsUnknown) {
  EXPECT_EQ(read_start_report("exec: permission denied"), Equivalence{});
  const Equivalence says = read_start_report("@bench start command=xyz user=root limits=nofile:1 console=x");
  EXPECT_EQ(says, Equivalence{});
}

TEST(StartReport, OfAConsoleIsItsFirst) {
  ConsoleMarks console(true);
  console.bytes("[    1.0] Linux\n@bench sta");
  EXPECT_EQ(console.start_line(), "");
  console.bytes("rt command=00000000000000aa");
  EXPECT_EQ(console.start_line(), "") << "the line is not whole yet";
  console.bytes(" user=0:0\n@bench start user=7:7\n");
  EXPECT_EQ(read_start_report(console.start_line()).user, "0:0");
}

}  // namespace
}  // namespace bench
