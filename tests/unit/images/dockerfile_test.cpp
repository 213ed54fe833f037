#include "bench/images/build/dockerfile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/subprocess.h"
#include "temp_dir.h"

namespace bench {
namespace {

using Words = std::vector<std::string>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Dockerfile, TheBundledBackendSaysWhatTheDefaultsAre) {
  const AppConfig config =
      parse_dockerfile(file_text(std::string(BENCH_TEST_DIR) + "/../backend/Dockerfile"));
  const AppConfig defaults;
  EXPECT_EQ(config.workdir, defaults.workdir);
  EXPECT_EQ(config.command, defaults.command);
  EXPECT_EQ(config.port, 4567);
  EXPECT_EQ(config.stop_signal, defaults.stop_signal);
  EXPECT_EQ(config.notes, Words{});
  EXPECT_EQ(config.env.at("PYTHONUNBUFFERED"), "1");
}

TEST(Dockerfile, NothingIsTheDefaults) {
  const AppConfig config = parse_dockerfile("");
  EXPECT_EQ(config.command, AppConfig().command);
  EXPECT_EQ(config.workdir, "/backend-flask");
}

TEST(Dockerfile, VariablesAreExpanded) {
  const AppConfig config = parse_dockerfile(
      "ARG PORT=5001\nFROM python\nENV NAME=shop DIR=\"/srv/my app\"\nENV OLD the whole rest\n"
      "ENV URL=http://$NAME:${PORT}/${MISSING:-none}\\$X\nWORKDIR ${DIR}\n"
      "CMD flask run --host 0.0.0.0 --port ${PORT}\n");
  EXPECT_EQ(config.env.at("NAME"), "shop");
  EXPECT_EQ(config.env.at("OLD"), "the whole rest");
  EXPECT_EQ(config.env.at("URL"), "http://shop:5001/none$X");
  EXPECT_EQ(config.workdir, "/srv/my app");
  EXPECT_EQ(config.command, (Words{"flask", "run", "--host=0.0.0.0", "--port=5001"}));
  EXPECT_EQ(config.port, 5001);
}

TEST(Dockerfile, OnlyTheLastStageCounts) {
  const AppConfig config =
      parse_dockerfile("FROM a\nENV A=1\nRUN make\nCMD [\"flask\", \"run\"]\nFROM b\nENV B=2\n");
  EXPECT_FALSE(config.env.contains("A"));
  EXPECT_EQ(config.env.at("B"), "2");
  EXPECT_EQ(config.command, AppConfig().command);
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("it has no CMD")));
}

TEST(Dockerfile, ContinuedLinesCommentsAndCase) {
  const AppConfig config =
      parse_dockerfile("# FROM x\nfrom python\nenv A=1 \\\n  # not this\n  B=2\nworkdir a\nWORKDIR b\n");
  EXPECT_EQ(config.env.at("A"), "1");
  EXPECT_EQ(config.env.at("B"), "2");
  EXPECT_EQ(config.workdir, "/a/b");
}

TEST(Dockerfile, TheAppsNameGoesToTheProbe) {
  const AppConfig option =
      parse_dockerfile("CMD [\"flask\", \"--app\", \"shop:create()\", \"run\", \"-p\", \"80\"]");
  EXPECT_EQ(option.flask_app, "shop:create()");
  EXPECT_EQ(option.port, 80);
  EXPECT_EQ(option.command, (Words{"flask", "run", "--host=0.0.0.0", "--port=80"}));
  const AppConfig variable =
      parse_dockerfile("ENV FLASK_APP=shop\nENTRYPOINT [\"python3\", \"-m\", \"flask\"]\nCMD [\"run\"]");
  EXPECT_EQ(variable.flask_app, "shop");
  EXPECT_EQ(variable.port, 5000) << "Flask's own default";
  const auto env = launch_environment(variable);
  EXPECT_EQ(env.at("FLASK_APP"), "/opt/bench/bench_probe.py");
  EXPECT_EQ(env.at("BENCH_FLASK_APP"), "shop");
  EXPECT_FALSE(launch_environment(AppConfig()).contains("BENCH_FLASK_APP"));
}

TEST(Dockerfile, WhatIsNotTakenLiterallyIsSaidWithItsLine) {
  const AppConfig config = parse_dockerfile(
      "FROM x\nRUN apt-get install x\nRUN pip3 install -r requirements.txt\nUSER app\nCMD gunicorn "
      "app:app\n");
  ASSERT_EQ(config.notes.size(), 3U);
  EXPECT_EQ(config.notes[0], "Dockerfile line 2: not run: RUN apt-get install x");
  EXPECT_THAT(config.notes[1], HasSubstr("line 4: runs as root on every target: USER app"));
  EXPECT_EQ(config.notes[2], "Dockerfile line 5: started with `flask run` in place of: gunicorn app:app");
  EXPECT_EQ(config.command, (Words{"python3", "-m", "flask", "run", "--host=0.0.0.0", "--port=8000"}));
}

TEST(Dockerfile, TheLaunchScriptGivesTheShellExactlyTheseWords) {
  const test::TempDir dir;
  AppConfig config;
  config.workdir = dir.path();
  config.env = {{"WORD", "it's $HOME \"x\""}};
  config.command = {"printf", "%s|", "a b", "it's", "$WORD"};
  const auto script = dir.write("run", launch_script(config));
  EXPECT_EQ(check_command({"sh", script}), "a b|it's|$WORD|");
  config.command = {"printenv", "WORD"};
  EXPECT_EQ(check_command({"sh", dir.write("run", launch_script(config))}), "it's $HOME \"x\"\n");
}

TEST(Dockerfile, TheLaunchScriptTakesTheVariablesOfARunBeforeThoseOfTheImage) {
  const test::TempDir dir;
  AppConfig config;
  config.workdir = dir.path();
  config.env = {{"MODE", "image"}, {"KEPT", "image"}};
  config.command = {"sh", "-c", "echo $MODE $KEPT $GIVEN ${BENCH_VARIABLES-none}"};
  const auto script = dir.write("run", launch_script(config));
  const auto given = dir.write("given", "export MODE=run\nexport GIVEN='it is'\n\n\n");
  EXPECT_EQ(check_command({"env", "BENCH_VARIABLES=" + given.string(), "sh", script}),
            "run image it is none\n");
  EXPECT_EQ(check_command({"sh", script}), "image image none\n");
}

std::string workdir(const std::string& line) {
  return parse_dockerfile("FROM x\n" + line + "\n").workdir;
}

TEST(Dockerfile, AWorkdirStaysInsideTheImage) {
  EXPECT_EQ(workdir("WORKDIR /../../../../tmpx/escape"), "/tmpx/escape");
  EXPECT_EQ(workdir("WORKDIR /a/../../b"), "/b");
  EXPECT_EQ(workdir("WORKDIR ../../a"), "/a");
  EXPECT_EQ(workdir("WORKDIR /a//b/./c/"), "/a/b/c");
  EXPECT_EQ(workdir("WORKDIR /..\nWORKDIR .."), "/backend-flask");
  EXPECT_EQ(workdir("WORKDIR \"/my app\""), "/my app");
  EXPECT_EQ(workdir("WORKDIR '/app'"), "/app");
  EXPECT_EQ(workdir("WORKDIR /usr/src/app"), "/usr/src/app");
}

TEST(Dockerfile, AWorkdirThatNoImageHoldsIsRefusedBeforeAnythingIsBuilt) {
  for (const char* line :
       {"WORKDIR /tmp/x", "WORKDIR /tmp", "WORKDIR /run/x", "WORKDIR /dev/x", "WORKDIR /proc/1",
        "WORKDIR /sys", "WORKDIR /opt/bench", "WORKDIR /a/../tmp/x", "WORKDIR /../../run/x",
        "ENV D=/dev\nWORKDIR $D/x", "WORKDIR \"/tmp/x\"", "WORKDIR /a\x01"}) {
    try {
      workdir(line);
      ADD_FAILURE() << line << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << line;
      EXPECT_THAT(error.what(), ::testing::HasSubstr("WORKDIR")) << line;
    }
  }
}

}  // namespace
}  // namespace bench
