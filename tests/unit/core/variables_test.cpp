#include "bench/core/variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bench {
namespace {

using ::testing::ElementsAre;

TEST(VariableNames, AreWhatEveryShellCanExport) {
  for (const char* name : {"A", "_", "DATABASE_URL", "a1"}) EXPECT_TRUE(is_variable_name(name)) << name;
  for (const char* name : {"", "1A", "A-B", "a.b", "A B", "A=B", "\xc3\xa4"}) {
    EXPECT_FALSE(is_variable_name(name)) << name;
  }
}

TEST(VariableValues, AreHiddenWhereAnAppPrintsThem) {
  const Variables variables{
      {"KEY", "s3cret/with.signs"}, {"URL", "db://s3cret/with.signs@host"}, {"N", "42"}};
  EXPECT_EQ(without_values("KeyError: no 's3cret/with.signs' at db://s3cret/with.signs@host", variables),
            "KeyError: no '[KEY]' at [URL]");
  EXPECT_EQ(without_values("port 42, line 421, 42", variables), "port [N], line 421, [N]")
      << "a short value is a word of its own or chance";
  EXPECT_EQ(without_values("nothing here", variables), "nothing here");
  EXPECT_EQ(without_values("x", {{"EMPTY", ""}}), "x");
}

TEST(VariableValues, OfSeveralLinesAreFoundLineByLine) {
  const Variables variables{{"PEM", "-----BEGIN\nMIIEvQ\n-----END\n"}};
  EXPECT_EQ(without_values("at 'MIIEvQ'", variables), "at '[PEM]'");
  EXPECT_EQ(without_values("r'-----BEGIN\\nMIIEvQ\\n-----END\\n'", variables), "r'[PEM]\\n[PEM]\\n[PEM]\\n'");
}

TEST(VariableValues, AreFoundAsPythonAndJsonQuoteThem) {
  const Variables variables{{"KEY", "it's \"$X\" \xc3\xbc\\n"}};
  for (const char* shown : {R"(it's "$X" ü\n)", R"('it\'s "$X" ü\\n')", R"("it's \"$X\" \u00fc\\n")"}) {
    EXPECT_THAT(without_values(shown, variables), ::testing::Not(::testing::HasSubstr("it"))) << shown;
  }
}

TEST(VariableValues, AreNoPartOfAStoredCommand) {
  const std::vector<std::string> typed{
      "bench",      "run",
      "startup",    "--env",
      "A=s3cret=1", "--env=B=s3cret",
      "--env",      "FROM_OUTSIDE",
      "--targets",  "docker?cpus=2&env.C=s3cret,libvirt:direct?env.D=s3cret@/apps/env.x=y",
      "--env-file", "a=b.env"};
  EXPECT_THAT(
      without_set_values(typed),
      ElementsAre("bench", "run", "startup", "--env", "A", "--env=B", "--env", "FROM_OUTSIDE", "--targets",
                  "docker?cpus=2&env.C,libvirt:direct?env.D@/apps/env.x=y", "--env-file", "a=b.env"));
  EXPECT_EQ(without_set_values(std::string("docker?env.A=x&env.B=y&cpus=1")), "docker?env.A&env.B&cpus=1");
}

}  // namespace
}  // namespace bench
