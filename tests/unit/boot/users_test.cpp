#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "unit/boot/init_parts.h"

namespace bench::test {
namespace {

using testing::ElementsAre;

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "\n"
    "app:x:101:102::/srv/app:/sbin/nologin\n"
    "4000:x:77:78::/named-by-digits:/bin/sh\n"
    "short:x:500\n"
    "app:x:9:9::/second:/bin/sh";
constexpr const char* kGroup =
    "root:x:0:root\n"
    "bin:x:1:root,app,short\n"
    "app:x:102:\n"
    "apps:x:103:myapp,apple\n"
    "logs:x:104:other,app\n"
    "300:x:301:";

struct Answer {
  std::string wrong, home;
  unsigned uid = 0, gid = 0;
  std::vector<gid_t> groups;
};

Answer ask(const std::string& spec, const std::string& passwd = kPasswd, const std::string& group = kGroup) {
  const auto identity = std::make_unique<struct identity>();
  std::array<char, 256> wrong{};
  if (find_identity(spec.c_str(), passwd.c_str(), group.c_str(), identity.get(), wrong.data(),
                    wrong.size()) == 0) {
    return {wrong.data(), "", 0, 0, {}};
  }
  return {"",
          identity->home,
          identity->uid,
          identity->gid,
          {identity->groups, identity->groups + identity->group_count}};
}

TEST(GuestUsers, NoUserIsRootWithItsGroups) {
  const Answer root = ask("");
  EXPECT_EQ(root.uid, 0U);
  EXPECT_EQ(root.home, "/root");
  EXPECT_THAT(root.groups, ElementsAre(0, 1));
}

TEST(GuestUsers, ANameHasItsGroupsWhereNoGroupIsNamed) {
  const Answer app = ask("app");
  EXPECT_EQ(app.uid, 101U);
  EXPECT_EQ(app.gid, 102U);
  EXPECT_EQ(app.home, "/srv/app");
  EXPECT_THAT(app.groups, ElementsAre(102, 1, 104)) << "and not those of myapp and apple";
  EXPECT_THAT(ask("app:logs").groups, ElementsAre(104));
  EXPECT_EQ(ask("app:logs").gid, 104U);
  EXPECT_THAT(ask("app:7").groups, ElementsAre(7));
  EXPECT_THAT(ask("app:").groups, ElementsAre(102, 1, 104));
}

TEST(GuestUsers, ANumberNeedNotStandInTheFiles) {
  const Answer nobody = ask("1234");
  EXPECT_EQ(nobody.uid, 1234U);
  EXPECT_EQ(nobody.gid, 0U);
  EXPECT_EQ(nobody.home, "/");
  EXPECT_THAT(nobody.groups, ElementsAre(0));
  EXPECT_EQ(ask("1000:1001", "", "").gid, 1001U);
  EXPECT_EQ(ask("", "", "").home, "/") << "an image from scratch has neither file";
}

TEST(GuestUsers, ANumberThatStandsInTheFilesIsThatUser) {
  EXPECT_THAT(ask("101").groups, ElementsAre(102, 1, 104));
  EXPECT_EQ(ask("101").home, "/srv/app");
  EXPECT_EQ(ask("4000").uid, 77U) << "digits may be a name";
  EXPECT_EQ(ask("app:300").gid, 301U);
  EXPECT_EQ(ask("short").uid, 500U);
  EXPECT_EQ(ask("short").home, "/");
}

TEST(GuestUsers, WhatIsNotThereIsNamed) {
  EXPECT_EQ(ask("web").wrong, "unable to find user web: no matching entries in passwd file");
  EXPECT_EQ(ask("web:app").wrong, "unable to find user web: no matching entries in passwd file");
  EXPECT_EQ(ask("app:web").wrong, "unable to find group web: no matching entries in group file");
  for (const char* none : {"-1", "2147483648", "99999999999999", "1x", " 1"})
    EXPECT_NE(ask(none).wrong, "") << none;
  EXPECT_EQ(ask("2147483647").uid, 2147483647U);
}

}  // namespace
}  // namespace bench::test
