#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "unit/boot/init_parts.h"
#include "unit/images/temp_dir.h"

namespace bench::test {
namespace {

using testing::ElementsAre;

constexpr const char* kDefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<std::string> environment(std::vector<std::string> image) {
  list given{nullptr, 0}, made{nullptr, 0};
  for (auto& pair : image) append(&given, pair.data());
  EXPECT_EQ(make_environment(&given, "guest", "/home/app", &made), 1);
  EXPECT_EQ(made.items[made.count], nullptr);
  return {made.items, made.items + made.count};
}

TEST(GuestEnvironment, HasWhatAnEngineAdds) {
  EXPECT_THAT(environment({}), ElementsAre(kDefaultPath, "HOSTNAME=guest", "HOME=/home/app"));
  EXPECT_THAT(environment({"A=", "PATH=/app"}),
              ElementsAre("PATH=/app", "HOSTNAME=guest", "A=", "HOME=/home/app"));
}

TEST(GuestEnvironment, TheImagesOwnCounts) {
  EXPECT_THAT(environment({"HOME=/x", "HOSTNAME=y", "A=1", "A=2", "AB=3"}),
              ElementsAre(kDefaultPath, "HOSTNAME=y", "HOME=/x", "A=2", "AB=3"));
  EXPECT_THAT(environment({"HOME="}), ElementsAre(kDefaultPath, "HOSTNAME=guest", "HOME=/home/app"));
}

/// A script, and what the init takes of it beside what it had; nothing when it refuses.
std::optional<std::vector<std::string>> taken(std::string script) {
  static std::deque<std::string> kept;  // the pairs stay in it
  list env{nullptr, 0};
  append(&env, kept.emplace_back("A=image").data());
  if (take_exports(kept.emplace_back(std::move(script)).data(), &env) == 0) return std::nullopt;
  return std::vector<std::string>(env.items, env.items + env.count);
}

TEST(GuestVariables, AreWhatAShellWouldExport) {
  EXPECT_EQ(taken(""), std::vector<std::string>({"A=image"}));
  EXPECT_EQ(taken("export B=1\nexport A=plain\n\n\n"), std::vector<std::string>({"A=plain", "B=1"}));
  EXPECT_EQ(
      taken("export B='it'\\''s $HOME \"x\" \\n'\nexport C=''\nexport D='two\nlines\n'\nexport E=a=b\n"),
      std::vector<std::string>({"A=image", "B=it's $HOME \"x\" \\n", "C=", "D=two\nlines\n", "E=a=b"}));
}

TEST(GuestVariables, AreAllThereOrNone) {
  for (const char* script : {"B=1\n", "export B=1", "export B='1\n", "export B\n", "export B='1'\nid\n"}) {
    EXPECT_EQ(taken(script), std::nullopt) << script;
  }
}

TEST(GuestPrograms, AreFoundAsByTheirPath) {
  const TempDir dir;
  chmod(dir.write("a/run", "#!").c_str(), 0755);
  chmod(dir.write("b/run", "#!").c_str(), 0755);
  dir.write("a/text", "no program");
  const std::string path =
      dir.path().string() + "/none:" + dir.path().string() + "/a:" + dir.path().string() + "/b";
  std::array<char, 4096> found{};
  const auto find = [&](const std::string& name) {
    return find_program(name.c_str(), path.c_str(), found.data(), found.size());
  };
  EXPECT_EQ(find("run"), 0);
  EXPECT_EQ(std::string(found.data()), dir.path().string() + "/a/run");
  EXPECT_EQ(find("walk"), ENOENT);
  EXPECT_EQ(find(""), ENOENT);
  EXPECT_EQ(find("text"), ENOENT);
  EXPECT_EQ(find(dir.path().string() + "/a/text"), EACCES);
  EXPECT_EQ(find(dir.path().string() + "/a"), EISDIR);
  EXPECT_EQ(find(dir.path().string() + "/c"), ENOENT);
  EXPECT_EQ(find(dir.path().string() + "/b/run"), 0);
}

}  // namespace
}  // namespace bench::test
