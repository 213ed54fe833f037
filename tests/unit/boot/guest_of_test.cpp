#include "bench/images/any/guest_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "bench/measure/stopwatch.h"

namespace bench {
namespace {

using ::testing::ElementsAre;

TEST(GuestOf, StartsWhatAContainersEngineWouldStart) {
  ImageConfig image;
  image.entrypoint = {"/app"};
  image.cmd = {"serve", "--all"};
  image.env = {"COLOUR=red"};
  image.workdir = "/srv";
  image.user = "web";
  image.stop_signal = "SIGUSR1";
  const GuestConfig guest = guest_of(image);
  EXPECT_THAT(guest.command, ElementsAre("/app", "serve", "--all"));
  EXPECT_EQ(guest.environment, image.env);
  EXPECT_EQ(guest.workdir, "/srv");
  EXPECT_EQ(guest.user, "web");
  EXPECT_EQ(guest.stop_signal, SIGUSR1);
}

// Else a program that is deaf would be killed by its own init, and count as one that stopped politely, while
// the same program in a container counts as one whose plug was pulled.
TEST(GuestOf, NeverKillsTheAppBeforeTheRunLosesPatience) {
  EXPECT_GT(std::chrono::duration<double>(guest_of({}).grace), StartRules{}.stop_grace);
}

}  // namespace
}  // namespace bench
