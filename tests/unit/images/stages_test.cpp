#include "bench/images/app/stages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/base/error.h"

namespace bench {
namespace {

using Words = std::vector<std::string>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

AppListing listing_of(Words names) {
  std::sort(names.begin(), names.end());
  return {std::move(names), [](const std::string&) { return std::nullopt; }};
}

DockerImage stages_of(const std::string& text, const Words& names = {}) {
  static AppListing app;
  app = listing_of(names);
  return read_stages(text, app);
}

std::string copy_refusal(const std::string& text, const Words& names) {
  try {
    stages_of(text, names);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << text;
    return error.what();
  }
  return "";
}

TEST(Stages, ThePathIsTheBasesAtEveryFrom) {
  const std::string base = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const DockerImage image =
      stages_of("FROM a AS build\nENV PATH=\"/one:$PATH\"\nFROM a\nENV PATH=\"/opt/venv/bin:$PATH\"\n");
  EXPECT_EQ(image.env.at("PATH"), "/opt/venv/bin:" + base);
  EXPECT_FALSE(stages_of("FROM a\n").env.contains("PATH"));
}

TEST(Stages, AStageThatStartsFromAnotherInherits) {
  const DockerImage image = stages_of(
      "FROM a AS Base\nWORKDIR /code\nCOPY . .\nENV FLASK_APP hello.py\nENV FLASK_RUN_PORT 8000\nRUN pip "
      "install -r requirements.txt\n"
      "CMD [\"flask\", \"run\"]\nFROM base AS dev\nRUN <<EOF\napk update\nCMD evil\nEOF\n",
      {"hello.py", "requirements.txt"});
  EXPECT_EQ(image.env.at("FLASK_APP"), "hello.py");
  EXPECT_EQ(image.env.at("FLASK_RUN_PORT"), "8000");
  EXPECT_EQ(image.workdir, "/code");
  EXPECT_EQ(image.command.words, (Words{"flask", "run"}));
  EXPECT_EQ(image.files.at("/code/hello.py"), "hello.py");
  EXPECT_EQ(image.installs.files.front().text, "requirements.txt");
  EXPECT_THAT(image.notes, ElementsAre(HasSubstr("Dockerfile line 9: not run: RUN apk update")));
}

TEST(Stages, QuotesAndTheOldFormOfEnv) {
  const DockerImage image = stages_of(
      "FROM a\nENV FLASK_APP \"app.py\"\nENV A='x y' B=\"$FLASK_APP\"\nWORKDIR \"/my app\"\nENV OLD the "
      "whole rest\n");
  EXPECT_EQ(image.env.at("FLASK_APP"), "app.py");
  EXPECT_EQ(image.env.at("A"), "x y");
  EXPECT_EQ(image.env.at("B"), "app.py");
  EXPECT_EQ(image.env.at("OLD"), "the whole rest");
  EXPECT_EQ(image.workdir, "/my app");
}

TEST(Stages, AnEntrypointForgetsTheCommandOfItsBaseOnly) {
  EXPECT_TRUE(stages_of("FROM a AS b\nCMD x\nFROM b\nENTRYPOINT [\"y\"]\n").command.empty());
  EXPECT_FALSE(stages_of("FROM a\nCMD x\nENTRYPOINT [\"y\"]\n").command.empty());
}

TEST(Stages, FilesGoWhereCopySays) {
  const Words names = {"requirements.txt", "src/app.py", "src/lib/a.py", "static/x.css", "other.py"};
  EXPECT_THAT(
      stages_of(
          "FROM a\nWORKDIR /usr/app\nCOPY ./src ./src\nCOPY requirements.txt ./\nWORKDIR /usr/app/src\n",
          names)
          .files,
      ElementsAre(Pair("/usr/app/requirements.txt", "requirements.txt"),
                  Pair("/usr/app/src/app.py", "src/app.py"), Pair("/usr/app/src/lib/a.py", "src/lib/a.py")));
  EXPECT_THAT(
      stages_of("FROM a\nADD src /app/\nCOPY other.py requirements.txt /app/\n", names).files,
      ElementsAre(Pair("/app/app.py", "src/app.py"), Pair("/app/lib/a.py", "src/lib/a.py"),
                  Pair("/app/other.py", "other.py"), Pair("/app/requirements.txt", "requirements.txt")));
  EXPECT_THAT(
      stages_of("FROM a\nWORKDIR /code\nCOPY requirements.txt /code\nCOPY [\"other.py\", \"main.py\"]\nCOPY "
                "req*.txt /x/\n",
                names)
          .files,
      ElementsAre(Pair("/code/main.py", "other.py"), Pair("/code/requirements.txt", "requirements.txt"),
                  Pair("/x/requirements.txt", "requirements.txt")));
  EXPECT_THAT(stages_of("FROM a\nCOPY --chown=1:1 src/*.py /s/\n", names).files,
              ElementsAre(Pair("/s/app.py", "src/app.py")));
  EXPECT_EQ(stages_of("FROM a\nCOPY . .\n", names).files.at("/backend-flask/src/app.py"), "src/app.py")
      << "not over the system";
}

TEST(Stages, FilesOfAnEarlierStageAreFollowed) {
  const DockerImage image = stages_of(
      "FROM a AS build\nWORKDIR /src\nCOPY . .\nRUN pip install -r requirements.txt\nFROM a\nCOPY "
      "--from=build /src/app.py /app/\n"
      "COPY --from=build /src/lib /app/lib\nCOPY --from=build /opt/venv /opt/venv\nCOPY "
      "--from=registry.example/x/uv "
      "/uv /bin/\n",
      {"app.py", "lib/a.py", "requirements.txt"});
  EXPECT_THAT(image.files, ElementsAre(Pair("/app/app.py", "app.py"), Pair("/app/lib/a.py", "lib/a.py")));
  EXPECT_THAT(image.notes, ElementsAre(HasSubstr("line 8: not taken"), HasSubstr("line 9: not taken")));
  EXPECT_FALSE(image.installs.files.empty());
}

TEST(Stages, WhatIsNotRunInAStageThatFilesAreTakenFromIsSaid) {
  const std::string front = "FROM node AS front\nCOPY . /f\nRUN npm run build\nFROM python\n";
  EXPECT_THAT(stages_of(front + "COPY --from=front /f/app.py /app/\n", {"app.py"}).notes,
              ElementsAre(HasSubstr("line 3: not run: RUN npm run build")));
  EXPECT_THAT(stages_of(front + "COPY app.py /app/\n", {"app.py"}).notes, IsEmpty());
}

TEST(Stages, WhatCannotBeCopiedIsRefusedWithItsLine) {
  const Words names = {"app.py", "a.tar.gz"};
  EXPECT_THAT(copy_refusal("FROM a\nCOPY missing.py .\n", names),
              HasSubstr("Dockerfile line 2: COPY missing.py .: there is no"));
  EXPECT_THAT(copy_refusal("FROM a\nADD https://example.org/x /x\n", names), HasSubstr("nothing is fetched"));
  EXPECT_THAT(copy_refusal("FROM a\nADD a.tar.gz /x/\n", names), HasSubstr("line 2"));
  EXPECT_THAT(copy_refusal("FROM a\nCOPY <<EOF /x\nhello\nEOF\n", names), HasSubstr("line 2"));
  EXPECT_THAT(copy_refusal("FROM a\nCOPY app.py /../opt/bench/\n", names), HasSubstr("no part of an image"));
  EXPECT_EQ(copy_refusal("FROM a\nCOPY app.py poetry.lock* ./\n", names), "")
      << "a pattern may match nothing";
}

TEST(Stages, AListThatPassesThroughTmpIsInstalledFrom) {
  const DockerImage image = stages_of(
      "FROM a\nCOPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\nCOPY app.py /tmp/\n",
      {"app.py", "requirements.txt"});
  EXPECT_EQ(image.installs.files.at(0).text, "requirements.txt");
  EXPECT_THAT(image.notes, ElementsAre(HasSubstr("line 4: app.py goes to /tmp/app.py")));
  EXPECT_TRUE(passing_place("/tmp/app.py"));
}

TEST(Stages, WhatPipInstallsIsKnownAndTheRestIsSaid) {
  const DockerImage image = stages_of(
      "FROM a\nARG REQ=prod.txt\nCOPY . /app\nWORKDIR /app\n"
      "RUN python -m venv /v && . /v/bin/activate && pip install --upgrade pip && pip install --no-cache-dir "
      "-r requirements/$REQ\n"
      "RUN pip3 install flask==2.0 'redis[hiredis]' gunicorn -i https://x && rm -rf /root/.cache\n"
      "RUN --mount=type=bind,source=more.txt,target=/tmp/m.txt uv pip install -r /tmp/m.txt\nRUN uv sync "
      "--frozen\nRUN pipenv install\n",
      {"requirements/prod.txt", "more.txt"});
  ASSERT_EQ(image.installs.files.size(), 2U);
  EXPECT_EQ(image.installs.files[0].text, "requirements/prod.txt");
  EXPECT_EQ(image.installs.files[0].where, "Dockerfile line 5");
  EXPECT_EQ(image.installs.files[1].text, "more.txt");
  ASSERT_EQ(image.installs.projects.size(), 2U);
  EXPECT_EQ(image.installs.projects[0].text, "flask==2.0");
  EXPECT_EQ(image.installs.projects[1].text, "redis[hiredis]");
  EXPECT_TRUE(image.installs.project);
  EXPECT_TRUE(image.installs.pipfile);
  EXPECT_THAT(image.notes, ElementsAre(HasSubstr("line 6: not run")));
}

TEST(Stages, OtherEscapesAndBlankLinesInAContinuedOne) {
  const DockerImage image = stages_of("# escape=`\nFROM a\nENV A=1 `\n\n  # a comment\n  B=2\n");
  EXPECT_EQ(image.env.at("B"), "2");
}

}  // namespace
}  // namespace bench
