#include "bench/images/build/app_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "temp_dir.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

TEST(IgnoreRules, FollowDocker) {
  const IgnoreRules rules("# comment\nbuild/\n*.log\n**/secret\n!keep.log\n/top\n");
  EXPECT_TRUE(rules.ignored("build"));
  EXPECT_TRUE(rules.ignored("a.log"));
  EXPECT_FALSE(rules.ignored("sub/a.log")) << "a pattern without ** is relative to the top";
  EXPECT_TRUE(rules.ignored("sub/deep/secret"));
  EXPECT_TRUE(rules.ignored("secret"));
  EXPECT_FALSE(rules.ignored("keep.log")) << "the last match decides";
  EXPECT_TRUE(rules.ignored("top"));
  EXPECT_FALSE(rules.ignored("app.py"));
}

TEST(IgnoreRules, AWhiteListReachesIntoDirectories) {
  const IgnoreRules rules("*\n!app.py\n!services/**\nservices/**/*.tmp\n!data/keep/one.txt\n");
  EXPECT_TRUE(rules.ignored("other.py"));
  EXPECT_TRUE(rules.ignored("other/deep/a.py"));
  EXPECT_FALSE(rules.ignored("app.py"));
  EXPECT_FALSE(rules.ignored("services/home.py"));
  EXPECT_FALSE(rules.ignored("services/deep/home.py"));
  EXPECT_TRUE(rules.ignored("services/a.tmp"));
  EXPECT_TRUE(rules.ignored("services/deep/a.tmp"));
  EXPECT_TRUE(rules.takes_back_below("services"));
  EXPECT_TRUE(rules.takes_back_below("data"));
  EXPECT_TRUE(rules.takes_back_below("data/keep"));
  EXPECT_FALSE(rules.takes_back_below("data/lost"));
  EXPECT_FALSE(rules.takes_back_below("other")) << "a large directory is not searched in vain";
}

TEST(AppFiles, AWhiteListOfDockerignoreIsFollowed) {
  const test::TempDir dir;
  dir.write(".dockerignore", "*\n!app.py\n!services/**\n");
  dir.write("app.py", "x = 1\n");
  dir.write("notes.txt", "no\n");
  dir.write("other/a.py", "no\n");
  dir.write("services/home.py", "y = 2\n");
  dir.write("services/deep/b.py", "y = 2\n");
  EXPECT_EQ(read_app(dir.path()).files,
            (std::vector<std::string>{"app.py", "services/deep/b.py", "services/home.py"}));
}

TEST(AppFiles, WhatNoImageCanHoldIsNamed) {
  const test::TempDir dir;
  dir.write("app.py", "x = 1\n");
  ASSERT_EQ(mkfifo((dir.path() / "queue").c_str(), 0600), 0);
  try {
    read_app(dir.path());
    FAIL() << "a pipe was left out silently";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("queue"), std::string::npos) << error.what();
  }
  dir.write(".dockerignore", "queue\n");
  EXPECT_NO_THROW(read_app(dir.path()));
}

TEST(AppFiles, TheBundledBackendHoldsTheAppAndNotTheMeasuring) {
  const App app = read_app(fs::path(BENCH_TEST_DIR) / ".." / "backend");
  for (const auto& file : app.files) {
    EXPECT_FALSE(file.starts_with("image/") || file.starts_with("instrument/") || file.starts_with("truths/"))
        << file;
  }
  EXPECT_NE(std::find(app.files.begin(), app.files.end(), "app.py"), app.files.end());
  EXPECT_EQ(app.requirements.size(), 2U);
}

TEST(AppFiles, TheKnownTruthsAreNoPartOfTheBundledBackend) {
  const fs::path backend = fs::path(BENCH_TEST_DIR) / ".." / "backend";
  const test::TempDir without;
  copy_app(read_app(backend), without.path());
  ASSERT_TRUE(fs::exists(backend / "truths"));
  EXPECT_EQ(read_app(without.path() / "0").sha256, read_app(backend).sha256);
}

TEST(AppFiles, TheDigestIsOfTheFilesAlone) {
  const test::TempDir a, b;
  for (const auto* dir : {&a, &b}) {
    dir->write("app.py", "x = 1\n");
    dir->write("services/home.py", "y = 2\n");
  }
  EXPECT_EQ(read_app(a.path()).sha256, read_app(b.path()).sha256);
  b.write("__pycache__/app.cpython-311.pyc", "junk");
  b.write("services/__pycache__/home.pyc", "junk");
  EXPECT_EQ(read_app(a.path()).sha256, read_app(b.path()).sha256) << "having run it once changes nothing";

  chmod((b.path() / "app.py").c_str(), 0700);
  EXPECT_NE(read_app(a.path()).sha256, read_app(b.path()).sha256);
  chmod((b.path() / "app.py").c_str(), 0600);
  EXPECT_EQ(read_app(a.path()).sha256, read_app(b.path()).sha256)
      << "the umask of a checkout is not the app's";
  b.write("app.py", "x = 2\n");
  EXPECT_NE(read_app(a.path()).sha256, read_app(b.path()).sha256);
  b.write("app.py", "x = 1\n");
  fs::rename(b.path() / "services/home.py", b.path() / "services/house.py");
  EXPECT_NE(read_app(a.path()).sha256, read_app(b.path()).sha256);
}

TEST(AppFiles, CopyHoldsExactlyTheFiles) {
  const test::TempDir app_dir, to;
  app_dir.write("app.py", "x = 1\n");
  app_dir.write("start.sh", "#!/bin/sh\n");
  app_dir.write("junk.pyc", "junk");
  chmod((app_dir.path() / "start.sh").c_str(), 0700);
  fs::create_symlink("app.py", app_dir.path() / "link");
  copy_app(read_app(app_dir.path()), to.path());
  EXPECT_EQ(file_text(to.path() / "0" / "app.py"), "x = 1\n");
  EXPECT_EQ(fs::read_symlink(to.path() / "0" / "link"), "app.py");
  EXPECT_FALSE(fs::exists(to.path() / "0" / "junk.pyc"));
  struct stat status {};
  ASSERT_EQ(stat((to.path() / "0" / "start.sh").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755U);
}

TEST(AppFiles, NoSuchDirectoryAndAnEmptyOneAreUsageErrors) {
  const test::TempDir empty;
  for (const auto& dir : {empty.path(), empty.path() / "missing"}) {
    try {
      read_app(dir);
      FAIL() << dir;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_FALSE(error.remedy().empty());
    }
  }
}

TEST(AppFiles, WhatFlaskWouldNotFindIsKnownBeforehand) {
  const auto refusal = [](const fs::path& dir) -> std::string {
    try {
      require_app(dir);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.remedy();
    }
    return "";
  };
  const test::TempDir dir;
  dir.write("README.md", "no app");
  EXPECT_NE(refusal(dir.path()), "");
  dir.write("shop/app.py", "x = 1");
  EXPECT_NE(refusal(dir.path()), "") << "Flask looks at the top only";
  dir.write("main.py", "x = 1");
  EXPECT_NE(refusal(dir.path()).find("did you mean ENV FLASK_APP=main.py?"), std::string::npos);
  EXPECT_THROW(read_app(dir.path()), Error);
  dir.write("Dockerfile", "FROM x\nENV FLASK_APP=main.py\n");
  EXPECT_EQ(refusal(dir.path()), "");
  dir.write("Dockerfile", "FROM x\nCMD flask --app main run\n");
  EXPECT_EQ(refusal(dir.path()), "");
  dir.write("Dockerfile", "FROM x\n");
  dir.write("wsgi.py", "x = 1");
  EXPECT_EQ(refusal(dir.path()), "");
  dir.write(".dockerignore", "wsgi.py\n");
  EXPECT_NE(refusal(dir.path()), "") << "what is ignored is not in the image";
  dir.write("app.py", "x = 1");
  EXPECT_EQ(refusal(dir.path()), "");
}

TEST(AppFiles, EveryTestAppIsReadable) {
  const fs::path tests = BENCH_TEST_DIR;
  for (const fs::path& dir : {tests / "fixtures" / "apps", tests / ".." / "backend" / "truths"}) {
    EXPECT_FALSE(fs::is_empty(dir)) << dir;
    for (const auto& entry : fs::directory_iterator(dir)) {
      const App app = read_app(entry.path());
      EXPECT_EQ(app.config.port, 4567) << entry.path();
      EXPECT_EQ(app.config.command, AppConfig().command) << entry.path();
    }
  }
}

TEST(AppFiles, TheKnownTruthsDifferInNothingButTheApp) {
  const fs::path truths = fs::path(BENCH_TEST_DIR) / ".." / "backend" / "truths";
  for (const char* name : {"delay", "ballast"}) {
    for (const char* file : {"Dockerfile", "requirements.txt"}) {
      EXPECT_EQ(file_text(truths / name / file), file_text(truths / "plain" / file)) << name << file;
    }
  }
}

TEST(AppFiles, ANameThatSpansLinesIsRefused) {
  const test::TempDir dir;
  dir.write("app.py", "x");
  dir.write("a\nd 755 0 etc", "x");
  EXPECT_THROW(read_app(dir.path()), Error);
}

/// An app whose file `name` is what `make` makes of that path.
std::string refusal(const char* name, const std::function<void(const fs::path&)>& make) {
  const test::TempDir dir;
  dir.write("app.py", "x");
  make(dir.path() / name);
  try {
    read_app(dir.path());
  } catch (const Error& error) {
    return error.code() == ErrorCode::kUsage ? error.what() : "another error";
  }
  return "";
}

TEST(AppFiles, WhatAnAppSaysOfItselfIsReadInsideItAndEnds) {
  const test::TempDir outside;
  const fs::path secret = outside.write("secret", "FROM x\nENV TOKEN=secret\n");
  for (const char* name : {".dockerignore", "Dockerfile", "requirements.txt"}) {
    const auto link = [&](const fs::path& to) {
      return refusal(name, [&](const fs::path& path) { fs::create_symlink(to, path); });
    };
    EXPECT_NE(link(secret), "") << name << " was read outside the app";
    EXPECT_NE(link(fs::path("../../../../../../../..") / secret.relative_path()), "") << name;
    EXPECT_NE(link("/dev/zero"), "") << name;
    EXPECT_NE(link(name), "") << name << " is a link to itself";
    EXPECT_NE(refusal(name, [](const fs::path& path) { ASSERT_EQ(mkfifo(path.c_str(), 0600), 0); }), "")
        << name;
    EXPECT_NE(refusal(name, [](const fs::path& path) { fs::create_directory(path); }), "") << name;
    EXPECT_NE(refusal(name, [](const fs::path& path) { std::ofstream(path) << std::string(2 << 20, '#'); }),
              "")
        << name;
  }
  const test::TempDir dir;
  dir.write("app.py", "x");
  dir.write("real", "FROM x\nWORKDIR /inside\n");
  fs::create_symlink("real", dir.path() / "Dockerfile");
  EXPECT_EQ(read_app(dir.path()).config.workdir, "/inside") << "a link within the app is followed";
}

}  // namespace
}  // namespace bench
