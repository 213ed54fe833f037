#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "e2e/harness.h"

namespace bench::e2e {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;

// What goes wrong in real life: one clear line with a remedy, the right exit code, in time, nothing left
// (the World checks that at the end of every test).

std::vector<std::string> run_of(const World& world, const std::string& targets,
                                const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"run",      "startup", "--targets", targets,
                                     "--rounds", "3",       "--out",     world.results().string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

void expect_could_not_measure(const Outcome& outcome, const std::string& says) {
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("bench: error: "));
  EXPECT_THAT(outcome.err, HasSubstr(says));
  EXPECT_THAT(outcome.err, HasSubstr("remedy: "));
}

class BrokenApp : public ::testing::TestWithParam<const char*> {};

TEST_P(BrokenApp, ExitsAtOnce) {
  World world;
  const Outcome outcome =
      world.bench(run_of(world, GetParam(), {"--app", app("exits").string(), "--timeout", "150s"}));
  expect_could_not_measure(outcome, "died while it was waited for");
  EXPECT_THAT(outcome.err, HasSubstr("giving up")) << "the console's tail says why";
  EXPECT_LT(outcome.seconds, 100) << "not after the time-out";
  const json run = world.run();
  EXPECT_EQ(run.at("status"), "failed");
  EXPECT_EQ(run.at("failures").size(), 1U);
}

TEST_P(BrokenApp, ListensAndNeverAnswers) {
  World world;
  const bool vm = std::string(GetParam()) != "docker";
  const Outcome outcome = world.bench(
      run_of(world, GetParam(), {"--app", app("hangs").string(), "--timeout", vm ? "30s" : "4s"}));
  expect_could_not_measure(outcome, "was not ready within");
  const json run = world.run();
  EXPECT_EQ(run.at("failures").at(0).at("censored_at"), vm ? 30.0 : 4.0);
}

TEST_P(BrokenApp, Answers500) {
  World world;
  const bool vm = std::string(GetParam()) != "docker";
  const Outcome outcome = world.bench(
      run_of(world, GetParam(), {"--app", app("http500").string(), "--timeout", vm ? "30s" : "4s"}));
  expect_could_not_measure(outcome, "HTTP 500");
}

INSTANTIATE_TEST_SUITE_P(Real, BrokenApp, ::testing::Values("docker", "libvirt:direct"),
                         [](const auto& info) {
                           return std::string(info.param) == "docker" ? "Container" : "Vm";
                         });

// A cache of its own with the same images, one of them spoilt.
void spoil_image(World& world, const std::string& file) {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  const char* own = std::getenv("BENCH_CACHE_DIR");
  const fs::path cache = own != nullptr   ? fs::path(own)
                         : xdg != nullptr ? fs::path(xdg) / "bench"
                                          : fs::path(std::getenv("HOME")) / ".cache" / "bench";
  const fs::path copy = world.scratch() / "cache";
  fs::create_directories(copy / "images");
  for (const char* part : {"requests", "sets"}) {
    const std::string from = (cache / "images" / part).string();
    const std::string to = (copy / "images").string();
    const Outcome linked = Process({"cp", "-rl", from, to}, {}, world.scratch()).wait(60);
    if (linked.exit_code != 0) {
      fs::remove_all(copy / "images" / part);
      ASSERT_EQ(Process({"cp", "-r", from, to}, {}, world.scratch()).wait(300).exit_code, 0);
    }
  }
  int spoilt = 0;
  for (const auto& set : fs::directory_iterator(copy / "images" / "sets")) {
    if (!fs::exists(set.path() / file)) continue;
    fs::remove(set.path() / file);  // the link, not the file
    std::ofstream(set.path() / file) << "this is no image";
    ++spoilt;
  }
  EXPECT_GT(spoilt, 0) << file;
  world.env["BENCH_CACHE_DIR"] = copy.string();
}

TEST(Faults, ADiskImageThatCannotBeRead) {
  World world;
  spoil_image(world, "direct.qcow2");
  expect_could_not_measure(world.bench(run_of(world, "libvirt:direct", {"--accel", "tcg"}), 60),
                           "direct.qcow2");
}

TEST(Faults, AContainerImageThatCannotBeRead) {
  World world;
  spoil_image(world, "container.tar");
  expect_could_not_measure(world.bench(run_of(world, "docker", {}), 60), "container.tar");
}

TEST(Faults, NoDaemonAnswersWhereTheUserSays) {
  World world;
  world.env["DOCKER_HOST"] = "unix:///nonexistent/docker.sock";
  const Outcome outcome = world.bench(run_of(world, "docker", {}), 30);
  expect_could_not_measure(outcome, "/nonexistent/docker.sock");
  EXPECT_LT(outcome.seconds, 10);
}

// In a mount namespace of its own the program is hidden from bench, and from nobody else.
Outcome without_program(World& world, const std::string& program, std::vector<std::string> arguments) {
  std::vector<std::string> argv{
      "unshare", "--mount",      "/bin/sh", "-c", "mount --bind /dev/null \"$0\" && exec \"$@\"",
      program,   bench_program()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return Process(argv, world.env, world.scratch()).wait(60);
}

TEST(Faults, NoDaemonAndNoDockerd) {
  World world;
  const Outcome outcome = without_program(world, "/usr/sbin/dockerd", run_of(world, "docker", {}));
  expect_could_not_measure(outcome, "dockerd is not installed");
}

TEST(Faults, NoQemu) {
  World world;
  const Outcome outcome =
      without_program(world, "/usr/bin/qemu-system-x86_64", run_of(world, "libvirt:direct", {}));
  expect_could_not_measure(outcome, "qemu");
}

TEST(Faults, NoLibvirtThere) {
  World world;
  const Outcome outcome = world.bench(
      run_of(world, "libvirt:direct", {"--connect", "qemu+unix:///system?socket=/nonexistent/sock"}), 60);
  expect_could_not_measure(outcome, "libvirt");
}

TEST(Faults, TheAppsPortIsInUseOnTheHost) {
  const int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(4567);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(holder, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(holder, 1), 0);
  {
    World world;
    const Outcome outcome = world.bench(run_of(world, "docker,libvirt:direct", {"--rounds", "1"}));
    EXPECT_EQ(outcome.exit_code, 0) << "the published port is a free one\n" << outcome.err;
  }
  close(holder);
}

// The private daemon's pid, by the state directory in its arguments.
pid_t daemon_of(const World& world) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::string line;
    std::getline(file, line, '\0');
    if (line.find("dockerd") == std::string::npos) continue;
    std::string rest((std::istreambuf_iterator<char>(file)), {});
    if (rest.find(world.state().string()) != std::string::npos) return std::stoi(entry.path().filename());
  }
  return 0;
}

TEST(Faults, TheDaemonIsKilledInMidRun) {
  World world;
  const auto bench = world.start(run_of(world, "docker", {"--rounds", "50", "--all-rounds"}));
  ASSERT_TRUE(eventually(60, [&] { return bench->err().find("round    3") != std::string::npos; }))
      << bench->err();
  const pid_t daemon = daemon_of(world);
  if (daemon == 0 && fs::exists("/var/run/docker.sock")) {
    bench->send(SIGINT);
    bench->wait(30);
    GTEST_SKIP() << "a Docker daemon of this machine's own answers here, and that one is not ours to kill";
  }
  ASSERT_GT(daemon, 0);
  kill(daemon, SIGKILL);
  const Outcome outcome = bench->wait(60);
  expect_could_not_measure(outcome, "went away");
  const json run = world.run();
  EXPECT_EQ(run.at("status"), "failed");
  EXPECT_GE(values(run, "docker", "startup.ready").size(), 3U) << "what was measured is stored";
  EXPECT_EQ(world.bench({"report", world.results().string()}, 30).exit_code, 0);
}

TEST(Faults, TheDiskIsFullWhileSamplesAreWritten) {
  World world;
  std::filesystem::create_directories(world.results());
  std::vector<std::string> argv{"unshare",
                                "--mount",
                                "--propagation",
                                "private",
                                "/bin/sh",
                                "-c",
                                "mount -t tmpfs -o size=16k none \"$0\" && { \"$@\"; code=$?; wc -l < "
                                "\"$0/run/samples.jsonl\"; exit $code; }",
                                world.results().string(),
                                bench_program()};
  std::vector<std::string> arguments{"run",          "startup",  "--targets",
                                     "docker",       "--rounds", "60",
                                     "--all-rounds", "--out",    (world.results() / "run").string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const Outcome outcome = Process(argv, world.env, world.scratch()).wait(200);
  expect_could_not_measure(outcome, "No space left on device");
  EXPECT_THAT(outcome.err, HasSubstr("--out DIR"));
  const std::size_t last_line = outcome.out.find_last_not_of('\n');
  const std::string lines = outcome.out.substr(outcome.out.rfind('\n', last_line) + 1);
  EXPECT_GT(std::atoi(lines.c_str()), 20) << "samples stay on the disk:\n" << outcome.out;
}

}  // namespace
}  // namespace bench::e2e
