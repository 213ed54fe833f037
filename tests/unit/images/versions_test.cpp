#include "bench/images/app/versions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/images/app/requirements.h"
#include "bench/images/build/apt_packages.h"

namespace bench {
namespace {

TEST(Versions, AreOrderedAsPythonProjectsAre) {
  const std::vector<std::string> rising = {"0.9",   "1.0.dev1", "1.0a1", "1.0a2.dev1", "1.0a2",
                                           "1.0b1", "1.0rc1",   "1.0",   "1.0.post1",  "1.0.1",
                                           "1.1",   "1.10",     "1!0.1"};
  for (std::size_t i = 0; i + 1 < rising.size(); ++i)
    EXPECT_LT(compare_versions(rising[i], rising[i + 1]).value(), 0) << rising[i] << " < " << rising[i + 1];
  EXPECT_EQ(compare_versions("1.0", "v1"), 0);
  EXPECT_EQ(compare_versions("1.0-1", "1.0.post1"), 0);
  EXPECT_FALSE(compare_versions("new", "1"));
}

TEST(Versions, SpecifiersSayWhich) {
  for (const char* yes :
       {">=2.0", "==2.2.2", "==2.2.*", "~=2.2", ">=2,<3", "!=2.2.1", "===2.2.2", "<=2.2.2", ""})
    EXPECT_EQ(satisfies("2.2.2", yes), true) << yes;
  for (const char* no : {">=2.3", "==2.2", "~=2.2.3", ">2.2.2", "!=2.2.*", ">=2,<2.2"})
    EXPECT_EQ(satisfies("2.2.2", no), false) << no;
  EXPECT_FALSE(satisfies("2.2.2", "2.2"));
  EXPECT_FALSE(satisfies("-", ">=2"));
}

TEST(AptPackages, OnlyWhatIsNotAsAskedIsSaid) {
  const auto one = [](const char* name, const char* specifier, bool dispensable) {
    return Requirement{name, {}, specifier, "requirements.txt line 1", dispensable};
  };
  const std::vector<Requirement> asked = {one("Flask", "==3.0.0", false), one("redis", ">=4", false),
                                          one("uwsgi", "==2", true), one("odd", "==1", false)};
  const auto installed = parse_installed("Flask 2.2.2\nredis 4.3.4\nuwsgi -\nodd -\n");
  const auto notes = version_notes(asked, installed);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_NE(notes[0].find("requirements.txt: "), std::string::npos) << notes[0];
  EXPECT_NE(notes[0].find("Flask==3.0.0 (2.2.2), odd==1 (of unknown version)"), std::string::npos)
      << notes[0];
  EXPECT_EQ(notes[0].find("redis"), std::string::npos) << notes[0];
  EXPECT_NE(notes[1].find("uwsgi"), std::string::npos) << notes[1];
}

TEST(AptPackages, AllThatIsLackingIsKnown) {
  const auto have = parse_policy(
      "python3-flask:\n  Installed: (none)\n  Candidate: 2.2.2-3\n  Version table:\n"
      "python3-virtual:\n  Installed: (none)\n  Candidate: (none)\n");
  EXPECT_EQ(have, std::vector<std::string>{"python3-flask"});
  const std::vector<Requirement> asked = {{"flask", {"python3-x", "python3-flask"}, "", "", false},
                                          {"a", {"python3-a"}, "", "", false},
                                          {"virtual", {"python3-virtual"}, "", "", false},
                                          {"uwsgi", {"python3-uwsgi"}, "", "", true}};
  const auto lack = lacking(asked, have);
  ASSERT_EQ(lack.size(), 2U);
  EXPECT_EQ(lack[0].project, "a");
  EXPECT_EQ(wanted_rows({asked[0], asked[3]}),
            "flask needed python3-x python3-flask\nuwsgi dispensable python3-uwsgi\n");
}

TEST(AptPackages, TheDistributionsPythonIsKnown) {
  EXPECT_EQ(distribution_python().find("3."), 0U) << distribution_python();
}

}  // namespace
}  // namespace bench
