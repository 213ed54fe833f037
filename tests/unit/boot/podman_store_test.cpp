#include "bench/images/any/podman_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/base/error.h"
#include "bench/images/any/any_image.h"
#include "unit/images/temp_dir.h"

namespace bench::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// A podman that has web:1, can fetch far:1, and writes down what it is asked.
class PodmanStore : public testing::Test {
 protected:
  PodmanStore() {
    const fs::path program = dir_.path() / "podman";
    std::ofstream(program)
        << "#!/bin/sh\necho \"$*\" >>" << (dir_.path() / "asked").string()
        << "\ncase \"$1 $*\" in\n"
           "image*web:1) echo abc123 ;;\n"
           "image*far:1) [ -e "
        << (dir_.path() / "pulled").string()
        << " ] && echo def456 ;;\n"
           "pull*far:1) : >"
        << (dir_.path() / "pulled").string()
        << " ;;\n"
           "save*) while [ \"$1\" != --output ]; do shift; done; echo \"saved $3\" >\"$2\" ;;\n"
           "*) echo 'Error: short-name resolution' >&2; exit 125 ;;\nesac\n";
    fs::permissions(program, fs::perms::owner_all);
    before_ = std::getenv("PATH");
    setenv("PATH", (dir_.path().string() + ":" + before_).c_str(), 1);
  }
  ~PodmanStore() override { setenv("PATH", before_.c_str(), 1); }

  std::string text(const char* name) const {
    std::stringstream all;
    all << std::ifstream(dir_.path() / name).rdbuf();
    return all.str();
  }
  AnyImage image(const std::string& name, Pull pull) {
    AnyImage any;
    any.reference = "containers-storage:" + name;
    any.pull = pull;
    return any;
  }
  std::string refused(AnyImage any) {
    try {
      find_in_podman(any, {}, {});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      return error.what();
    }
    return "nothing was thrown";
  }

  TempDir dir_;
  std::string before_;
};

TEST_F(PodmanStore, AnImageThatIsThereIsSavedByItsId) {
  AnyImage any = image("web:1", Pull::kMissing);
  find_in_podman(any, {}, {});
  EXPECT_EQ(any.engine_id, "sha256:abc123");
  EXPECT_TRUE(any.beside_engine);
  any.save(dir_.path() / "out.tar");
  EXPECT_EQ(text("out.tar"), "saved abc123\n");
  EXPECT_THAT(text("asked"), Not(HasSubstr("pull")));
}

TEST_F(PodmanStore, WhatIsMissingIsFetchedWhereThatIsWanted) {
  EXPECT_THAT(refused(image("far:1", Pull::kNever)), HasSubstr("podman has no image far:1"));
  AnyImage any = image("far:1", Pull::kMissing);
  find_in_podman(any, {}, {});
  EXPECT_EQ(any.engine_id, "sha256:def456");
  EXPECT_THAT(refused(image("nobody:1", Pull::kMissing)),
              HasSubstr("podman cannot fetch the image nobody:1: Error: short-name resolution"));
}

TEST_F(PodmanStore, ItsNamesAreKnown) {
  EXPECT_TRUE(names_podman_image("containers-storage:nginx"));
  EXPECT_FALSE(names_podman_image("podman:latest"));
  EXPECT_NO_THROW(require_any_image(image("localhost/web:1", Pull::kMissing)));
  EXPECT_THROW(require_any_image(image("a b", Pull::kMissing)), Error);
}

}  // namespace
}  // namespace bench::test
