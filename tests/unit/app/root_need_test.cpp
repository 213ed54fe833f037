#include "bench/app/run/root_need.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>

namespace bench {
namespace {

constexpr uid_t kNobody = 65534;

/// What a user who is not root is told.
bool needed_by_a_user(const std::function<OpenRequest()>& request) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) _exit(2);
    setenv("BENCH_CACHE_DIR", "/nonexistent", 1);
    try {
      _exit(root_need(request(), false, false).images ? 1 : 0);
    } catch (const std::exception&) {
      _exit(2);  // or the child would go on as a second test program
    }
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 2);
  return WEXITSTATUS(status) == 1;
}

OpenRequest of_an_image(const std::vector<std::string>& targets) {
  OpenRequest request;
  request.names = parse_targets(targets);
  request.images.image.emplace();
  request.images.image->reference = "nginx";
  return request;
}

TEST(RootNeed, AnEnginesImageIsStartedByWhoeverMayUseTheEngine) {
  EXPECT_FALSE(needed_by_a_user([] { return of_an_image({"docker"}); }));
}

TEST(RootNeed, ItsDiskIsMadeByRoot) {
  EXPECT_TRUE(needed_by_a_user([] { return of_an_image({"docker", "libvirt:direct"}); }));
}

}  // namespace
}  // namespace bench
