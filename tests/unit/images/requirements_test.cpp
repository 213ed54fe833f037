#include "bench/images/app/requirements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "bench/base/error.h"

namespace bench {
namespace {

using Files = std::map<std::string, std::string>;
using Words = std::vector<std::string>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

RequirementReader reader_of(const Files& files) {
  const AppReader read = [files](const std::string& name) -> std::optional<std::string> {
    const auto found = files.find(name);
    if (found == files.end()) return std::nullopt;
    return decoded_text(found->second);
  };
  return {read, marker_environment("3.11")};
}

RequirementReader read_text(const std::string& text, Files files = {}) {
  files["requirements.txt"] = text;
  RequirementReader result = reader_of(files);
  result.read_file("requirements.txt", "the app");
  return result;
}

Words asked_projects(const RequirementReader& from) {
  Words result;
  for (const auto& one : from.requirements()) result.push_back(one.project);
  return result;
}

Words asked_projects(const std::string& text, const Files& files = {}) {
  return asked_projects(read_text(text, files));
}

/// The message and the remedy of the refusal; empty where there was none.
std::string list_refusal(const std::string& text, const Files& files = {}) {
  try {
    read_text(text, files);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << text;
    EXPECT_THAT(error.remedy(), HasSubstr("--build")) << text;
    return error.what();
  }
  return "";
}

std::string first_package(const std::string& line) {
  for (const auto& one : read_text(line).requirements()) {
    if (one.project != "flask") return one.packages.front();
  }
  return "";
}

TEST(Requirements, NamesBecomeTheDistributionsPackages) {
  EXPECT_EQ(first_package("Flask_Cors == 3\n"), "python3-flask-cors");
  EXPECT_EQ(first_package("PyYAML"), "python3-yaml");
  EXPECT_EQ(first_package("Pillow>=9"), "python3-pil");
  EXPECT_EQ(first_package("python-dotenv"), "python3-dotenv");
  const auto one = read_text("zope.interface\nFlask-WTF\n").requirements();
  EXPECT_THAT(one[1].packages, ::testing::Contains("python3-flaskext.wtf"));
  EXPECT_THAT(one[2].packages, ::testing::Contains("python3-zope.interface"));
}

TEST(Requirements, FlaskIsAlwaysAmongThem) {
  EXPECT_EQ(asked_projects(""), Words{"flask"});
  EXPECT_EQ(asked_projects("# web\n\n  flask  # the framework\r\nFLASK\n"), Words{"flask"});
  EXPECT_EQ(asked_projects("requests"), (Words{"flask", "requests"}));
}

TEST(Requirements, AnyEncodingWithAByteOrderMark) {
  EXPECT_EQ(asked_projects("\xEF\xBB\xBF"
                           "flask\r\nredis\r\n"),
            (Words{"flask", "redis"}));
  for (const bool big : {false, true}) {
    std::string wide = big ? "\xFE\xFF" : "\xFF\xFE";
    for (const char c : std::string("flask\r\nredis==4\r\n")) {
      if (big) wide += '\0';
      wide += c;
      if (!big) wide += '\0';
    }
    EXPECT_EQ(asked_projects(wide), (Words{"flask", "redis"}));
  }
}

TEST(Requirements, ContinuedLinesAndHashes) {
  const auto found =
      read_text("flask==2.2.2 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nredis\\\n==4\n");
  EXPECT_EQ(asked_projects(found), (Words{"flask", "redis"}));
  EXPECT_EQ(found.requirements()[0].specifier, "==2.2.2");
  EXPECT_EQ(found.requirements()[1].specifier, "==4");
  EXPECT_EQ(found.requirements()[1].where, "requirements.txt line 4");
  EXPECT_THAT(found.notes(), ElementsAre());
  EXPECT_EQ(asked_projects("redis \\"), (Words{"flask", "redis"})) << "the file ends in the middle of a line";
}

TEST(Requirements, OtherFilesAreReadWhereTheyLie) {
  const Files files = {{"requirements/base.txt", "redis\n-r more.txt\n"},
                       {"requirements/more.txt", "-r base.txt\nrequests\n"},
                       {"pins.txt", "flask==1\n"}};
  const auto found = read_text("-r requirements/base.txt\n-c pins.txt\n", files);
  EXPECT_EQ(asked_projects(found), (Words{"flask", "redis", "requests"}));
  EXPECT_THAT(found.notes(), ElementsAre(HasSubstr("line 2: the versions of pins.txt")));
  EXPECT_EQ(asked_projects("--requirement=requirements/more.txt", files),
            (Words{"flask", "redis", "requests"}));
  EXPECT_THAT(list_refusal("flask\n-r dev.txt\n"),
              HasSubstr("requirements.txt line 2: there is no file dev.txt"));
  EXPECT_THAT(list_refusal("-r ../common.txt\n"), HasSubstr("outside"));
  EXPECT_THAT(list_refusal("-c none.txt\n"), HasSubstr("line 1"));
}

TEST(Requirements, MarkersDecide) {
  EXPECT_EQ(asked_projects("pywin32==306; platform_system == \"Windows\"\n"
                           "importlib-metadata>=3.6; python_version < \"3.10\"\n"
                           "colorama; sys_platform == 'win32' or os_name == 'nt'\n"
                           "redis; python_version >= '3.9' and (sys_platform != 'win32')\n"
                           "tomli ; python_full_version <= '3.11.0a6'\n"
                           "celery; 'linux' in sys_platform and '3.8' < python_version\n"
                           "dev-only; extra == 'dev'\n"),
            (Words{"celery", "flask", "redis"}));
  EXPECT_THAT(list_refusal("redis\nflask; python is new\n"),
              HasSubstr("line 2: the marker \"python is new\""));
}

TEST(Requirements, ExtrasAreKnownOrNamed) {
  const auto found = read_text("psycopg[binary]\npsycopg[pool]\nrequests[socks,teapot]\n");
  EXPECT_EQ(asked_projects(found), (Words{"flask", "psycopg", "psycopg-pool", "pysocks", "requests"}));
  EXPECT_THAT(found.notes(), ElementsAre(HasSubstr("line 3: what the extra [teapot] of requests adds")));
}

TEST(Requirements, ALinkThatNamesItsProjectIsTheDistributionsPackageAndSaysSo) {
  const auto found = read_text(
      "git+https://user:secret@example.org/x/flask-cors@main#egg=flask-cors\n"
      "redis @ https://example.org/redis-4.zip ; sys_platform == 'linux'\n"
      "https://example.org/simplejson-3.1-py3-none-any.whl\n"
      "-e git+ssh://git@example.org/requests.git#egg=requests[socks]&subdirectory=x\n"
      "https://example.org/celery-5.2.tar.gz\n"
      "pywin32 @ file:///w ; sys_platform == 'win32'\n");
  EXPECT_EQ(asked_projects(found),
            (Words{"celery", "flask", "flask-cors", "redis", "requests", "simplejson"}));
  ASSERT_EQ(found.notes().size(), 5U);
  EXPECT_THAT(found.notes()[0],
              HasSubstr("requirements.txt line 1: the distribution's flask-cors takes the place"));
  for (const std::string& note : found.notes()) EXPECT_EQ(note.find("secret"), std::string::npos) << note;
}

TEST(Requirements, WhatCannotBeAPackageIsRefusedWithItsLineAndAWayOut) {
  for (const std::string line : {"git+https://host/x.git", "./local", "-e ./local", "local/x.whl",
                                 "https://host/x", "--unheard-of", "flask[async", "flask 2", "***"}) {
    EXPECT_THAT(list_refusal("flask\n" + line + "\n"), HasSubstr("requirements.txt line 2")) << line;
  }
}

TEST(Requirements, OptionsOfIndexesAreNamedWithoutTheirPasswords) {
  const auto found = read_text(
      "--extra-index-url https://user:secret@example.org\n-i https://x\n--no-binary :all:\nredis\n");
  EXPECT_EQ(asked_projects(found), (Words{"flask", "redis"}));
  ASSERT_EQ(found.notes().size(), 2U);
  EXPECT_EQ(found.notes()[0].find("secret"), std::string::npos);
  EXPECT_THAT(found.notes()[0], HasSubstr("line 1: --extra-index-url"));
}

TEST(Requirements, AServerOrAToolIsNotNeeded) {
  const auto found = read_text("gunicorn==20\nuwsgi\nredis\npkg-resources==0.0.0\n").requirements();
  ASSERT_EQ(found.size(), 4U) << "pkg-resources is no project";
  EXPECT_TRUE(found[1].dispensable);
  EXPECT_FALSE(found[2].dispensable);
  EXPECT_TRUE(found[3].dispensable);
}

TEST(Requirements, PyprojectIsRead) {
  const auto from = [](const std::string& text, Files files = {}) {
    files["pyproject.toml"] = text;
    RequirementReader result = reader_of(files);
    EXPECT_TRUE(result.read_project());
    return asked_projects(result);
  };
  EXPECT_EQ(from("[project]\nname = 'x'\ndependencies = [\n 'redis>=4',\n \"x; sys_platform == 'win32'\"]\n"),
            (Words{"flask", "redis"}));
  EXPECT_EQ(from("[tool.poetry.dependencies]\npython = '^3.11'\nredis = '^4.2'\n"
                 "requests = {version = '*', extras = ['socks']}\nrich = {version = '1', optional = true}\n"),
            (Words{"flask", "pysocks", "redis", "requests"}));
  EXPECT_EQ(from("[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\n"
                 "dependencies = {file = ['reqs.in']}\n",
                 {{"reqs.in", "celery"}}),
            (Words{"celery", "flask"}));
  RequirementReader bad = reader_of({{"pyproject.toml", "[project]\ndependencies = [\n'./x']\n"}});
  try {
    bad.read_project();
    FAIL() << "a path was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("pyproject.toml line 3"));
  }
  RequirementReader broken = reader_of({{"pyproject.toml", "[project\n"}});
  EXPECT_THROW(broken.read_project(), Error);
  EXPECT_FALSE(reader_of({{"pyproject.toml", "[tool.black]\n"}}).read_project());
}

TEST(Requirements, SetupCfgPipfileAndTheAppsOwnPackage) {
  RequirementReader cfg = reader_of({{"setup.cfg",
                                      "[metadata]\nname = x\n[options]\ninstall_requires =\n    redis\n"
                                      "    requests>=2\npackages = find:\n"}});
  EXPECT_TRUE(cfg.read_project());
  EXPECT_EQ(asked_projects(cfg), (Words{"flask", "redis", "requests"}));
  RequirementReader pipfile =
      reader_of({{"Pipfile",
                  "[packages]\nredis = '*'\nrequests = {version = '>=2', markers = \"os_name == 'nt'\"}\n"
                  "[dev-packages]\npytest = '*'\n"}});
  EXPECT_TRUE(pipfile.read_pipfile());
  EXPECT_EQ(asked_projects(pipfile), (Words{"flask", "redis"}));
  const auto own = read_text("-e .\n", {{"pyproject.toml", "[project]\ndependencies = ['redis']\n"}});
  EXPECT_EQ(asked_projects(own), (Words{"flask", "redis"}));
  EXPECT_THAT(own.notes(), ElementsAre(HasSubstr("runs from its files")));
  EXPECT_THAT(list_refusal("-e .\n"), HasSubstr("requirements.txt line 1"));
}

}  // namespace
}  // namespace bench
