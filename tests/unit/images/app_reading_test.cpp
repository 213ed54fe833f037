#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/images/build/app_files.h"
#include "bench/images/build/app_notes.h"
#include "temp_dir.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> app_projects(const App& app) {
  std::vector<std::string> names;
  for (const auto& one : app.requirements) names.push_back(one.project);
  return names;
}

std::string app_refusal(const fs::path& dir) {
  try {
    require_app(dir);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_FALSE(error.remedy().empty());
    return error.what();
  }
  return "";
}

TEST(AppReading, ADockerfileInSmallLettersIsOne) {
  const test::TempDir dir;
  dir.write("app.py", "x");
  dir.write("dockerfile", "FROM x\nWORKDIR /small\nCOPY . .\nCMD flask run -p 81\n");
  EXPECT_EQ(read_app(dir.path()).config.workdir, "/small");
  EXPECT_EQ(read_app(dir.path()).config.port, 81);
}

TEST(AppReading, FlasksOwnFilesNameTheApp) {
  const test::TempDir dir;
  dir.write("wsgi_app.py", "x");
  dir.write(".flaskenv",
            "# flask\nexport FLASK_APP=wsgi_app.py\nFLASK_RUN_PORT='8002'\nFLASK_DEBUG=1\nSECRET=x\n");
  dir.write("Dockerfile", "FROM x\nWORKDIR /app\nCOPY . .\nCMD [\"flask\", \"run\", \"--host=0.0.0.0\"]\n");
  const AppConfig config = read_app(dir.path()).config;
  EXPECT_EQ(config.flask_app, "wsgi_app.py");
  EXPECT_EQ(config.port, 8002);
  EXPECT_EQ(config.env.at("FLASK_RUN_PORT"), "8002");
  EXPECT_TRUE(reloads(config, "3.0"));
  EXPECT_FALSE(config.env.contains("SECRET")) << "it stays in its file";
  dir.write("Dockerfile",
            "FROM x\nWORKDIR /app\nCOPY . .\nENV FLASK_APP=other FLASK_DEBUG=0\nCMD flask run -p 80\n");
  EXPECT_EQ(read_app(dir.path()).config.flask_app, "other") << "the environment goes first";
  EXPECT_EQ(read_app(dir.path()).config.port, 80);
  EXPECT_FALSE(reloads(read_app(dir.path()).config, "3.0"));
  dir.write(".dockerignore", ".flaskenv\n");
  dir.write("Dockerfile", "FROM x\nWORKDIR /app\nCOPY . .\nCMD flask run\n");
  EXPECT_NE(app_refusal(dir.path()), "") << "what is not in the image is not read";
}

TEST(AppReading, FilesGoWhereTheDockerfilePutsThem) {
  const test::TempDir dir, to;
  dir.write("src/app.py", "x = 1\n");
  dir.write("requirements.txt", "flask\n");
  dir.write("Dockerfile",
            "FROM x\nWORKDIR /usr/app\nCOPY ./src ./src\nCOPY requirements.txt ./\nRUN pip install -r "
            "requirements.txt\n"
            "ENV FLASK_APP=app.py\nWORKDIR /usr/app/src\nCMD [\"flask\", \"run\"]\n");
  const App app = read_app(dir.path());
  EXPECT_EQ(places_text(app), "0 /usr/app\n");
  copy_app(app, to.path());
  EXPECT_EQ(file_text(to.path() / "0" / "src" / "app.py"), "x = 1\n");
  EXPECT_TRUE(fs::exists(to.path() / "0" / "requirements.txt"));
  EXPECT_FALSE(fs::exists(to.path() / "0" / "Dockerfile")) << "nothing else is copied";
  EXPECT_THAT(app.config.notes, IsEmpty());
}

TEST(AppReading, ADockerfileThatCopiesNothingSaysSo) {
  const test::TempDir dir;
  dir.write("app.py", "x");
  dir.write("Dockerfile", "FROM x\nWORKDIR /app\nCMD flask run\n");
  EXPECT_THAT(read_app(dir.path()).config.notes, ElementsAre(HasSubstr("copies nothing")));
  EXPECT_EQ(places_text(read_app(dir.path())), "0 /app\n");
}

TEST(AppReading, TheListThatTheDockerfileInstallsCounts) {
  const test::TempDir dir;
  dir.write("app.py", "x");
  dir.write("requirements.txt", "redis\n");
  dir.write("requirements/prod.txt", "celery\n");
  dir.write("Dockerfile",
            "FROM x\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements/prod.txt\nCMD flask run\n");
  EXPECT_THAT(app_projects(read_app(dir.path())), ElementsAre("celery", "flask"));
  dir.write("Dockerfile", "FROM x\nWORKDIR /app\nCOPY . .\nRUN pip install flask requests\nCMD flask run\n");
  EXPECT_THAT(app_projects(read_app(dir.path())), ElementsAre("flask", "requests"));
  dir.write("Dockerfile",
            "FROM x\nWORKDIR /app\nCOPY . .\nRUN pip install uv && uv sync\nCMD uv run flask run\n");
  EXPECT_THAT(app_projects(read_app(dir.path())), ElementsAre("flask", "redis"))
      << "no pyproject.toml: the usual list";
  dir.write("pyproject.toml", "[project]\ndependencies = ['lxml']\n");
  EXPECT_THAT(app_projects(read_app(dir.path())), ElementsAre("flask", "lxml"));
  dir.write("Dockerfile", "FROM x\nWORKDIR /app\nCOPY . .\nRUN pip install -r missing.txt\nCMD flask run\n");
  EXPECT_THAT(app_refusal(dir.path()), HasSubstr("Dockerfile line 4: there is no file missing.txt"));
}

TEST(AppReading, AListThatIsNotReadIsNamed) {
  const test::TempDir dir;
  dir.write("app.py", "x");
  dir.write("requirements-prod.txt", "redis\n");
  EXPECT_THAT(app_refusal(dir.path()), HasSubstr("requirements-prod.txt"));
  dir.write("pyproject.toml", "[project]\ndependencies = ['lxml']\n");
  EXPECT_THAT(app_projects(read_app(dir.path())), ElementsAre("flask", "lxml"));
  EXPECT_THAT(app_projects(read_app(dir.path(), false)), IsEmpty()) << "pip's business with another base";
}

TEST(AppReading, AnotherFrameworkIsRefused) {
  const test::TempDir dir;
  dir.write("app.py", "x");
  dir.write("requirements.txt", "fastapi\n");
  EXPECT_THAT(app_refusal(dir.path()), HasSubstr("requirements.txt line 1: the app asks for fastapi"));
  dir.write("requirements.txt", "fastapi\nflask\n");
  EXPECT_EQ(app_refusal(dir.path()), "");
}

TEST(AppReading, WhatWasReplacedIsSaidOfImagesThatWereFoundToo) {
  const test::TempDir dir;
  dir.write("app.py", "x");
  dir.write("requirements.txt", "flask==3.0.0\n--pre\ngit+https://x/y#egg=redis\n");
  dir.write("Dockerfile",
            "FROM x\nWORKDIR /app\nCOPY . .\nRUN make\nENV FLASK_ENV=development\nCMD gunicorn app:app\n");
  ImageSet set;
  set.flask = "2.2.2";
  set.installed = {{"flask", "2.2.2"}};
  EXPECT_THAT(app_notes(read_app(dir.path()), set, true),
              ElementsAre(HasSubstr("Dockerfile line 4: not run: RUN make"),
                          HasSubstr("line 6: started with `flask run`"), HasSubstr("requirements.txt line 3"),
                          HasSubstr("two interpreters"), HasSubstr("flask==3.0.0 (2.2.2)")));
}

}  // namespace
}  // namespace bench
