#include "bench/app/stored/stored_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/base/error.h"
#include "unit/images/temp_dir.h"

namespace bench {
namespace {

TEST(StoredVerdict, IsReadForTheExports) {
  const test::TempDir dir;
  dir.write("verdict.json", R"({"schema": "bench.verdict/1", "run_id": "r1", "findings": [
    {"scenario": "startup", "metric": "startup.ready", "target": "docker", "against": null, "decides": true,
     "verdict": "regression", "why": "+40 %"},
    {"scenario": "startup", "metric": "startup.ready", "target": "libvirt:direct", "against": "docker",
     "decides": false, "verdict": "regression", "why": "a ratio"}]})");
  const auto verdicts = stored_verdicts(dir.path(), "r1");
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[0].verdict, GateVerdict::kRegression);
  EXPECT_EQ(verdicts[0].why, "+40 %");
  EXPECT_EQ(verdicts[1].target, "libvirt:direct / docker");
  EXPECT_EQ(verdicts[1].verdict, GateVerdict::kRegression);
  EXPECT_FALSE(verdicts[1].decides);
}

TEST(StoredVerdict, NoGateNoVerdict) {
  const test::TempDir dir;
  EXPECT_TRUE(stored_verdicts(dir.path(), "r1").empty());
}

TEST(StoredVerdict, WhatCannotBeUnderstoodIsSaid) {
  const test::TempDir dir;
  for (const char* text :
       {"", "{", "[]", "{\"run_id\": \"other\", \"findings\": []}", "{\"run_id\": \"r1\"}",
        "{\"run_id\": \"r1\", \"findings\": [{\"metric\": 7}]}",
        "{\"run_id\": \"r1\", \"findings\": [{\"metric\": \"m\", \"verdict\": \"held\"}]}"}) {
    dir.write("verdict.json", text);
    EXPECT_THROW((void)stored_verdicts(dir.path(), "r1"), Error) << text;
  }
}

}  // namespace
}  // namespace bench
