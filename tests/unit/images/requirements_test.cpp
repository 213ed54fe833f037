#include "bench/images/build/requirements.h"

#include <gtest/gtest.h>

#include "bench/base/error.h"

namespace bench {
namespace {

std::vector<std::string> packages(std::string_view text) {
  std::vector<std::string> result;
  for (const auto& requirement : parse_requirements(text)) result.push_back(requirement.package);
  return result;
}

using Words = std::vector<std::string>;

TEST(Requirements, NamesBecomeTheDistributionsPackages) {
  EXPECT_EQ(packages("flask\nflask-cors\n"), (Words{"python3-flask", "python3-flask-cors"}));
  EXPECT_EQ(packages("Flask>=2.0\nFlask_Cors == 3\n"), (Words{"python3-flask", "python3-flask-cors"}));
  EXPECT_EQ(packages("PyYAML\npython-dotenv\nPillow"),
            (Words{"python3-dotenv", "python3-flask", "python3-pil", "python3-yaml"}));
  EXPECT_EQ(packages("psycopg[binary] ; python_version > '3'"), (Words{"python3-flask", "python3-psycopg"}));
}

TEST(Requirements, CommentsBlankLinesAndRepeats) {
  EXPECT_EQ(packages("# web\n\n  flask  # the framework\r\nFLASK\n"), Words{"python3-flask"});
  EXPECT_EQ(packages(""), Words{"python3-flask"});
}

TEST(Requirements, PinsAreKnown) {
  EXPECT_TRUE(parse_requirements("flask==2.3.2")[0].pinned);
  EXPECT_FALSE(parse_requirements("flask")[0].pinned);
}

TEST(Requirements, WhatCannotBeAPackageIsNamed) {
  for (const std::string line :
       {"-r other.txt", "git+https://host/x.git", "./local", "x @ file:///y", "--no-index"}) {
    try {
      parse_requirements("flask\n" + line + "\n");
      FAIL() << line;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      EXPECT_NE(std::string(error.what()).find(line), std::string::npos) << error.what();
      EXPECT_FALSE(error.remedy().empty());
    }
  }
}

}  // namespace
}  // namespace bench
