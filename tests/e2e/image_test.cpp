#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "e2e/harness.h"
#include "e2e/traces.h"

namespace bench::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

void shell(const std::string& command) {
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c): the test's own words
  ASSERT_EQ(WEXITSTATUS(status), 0) << command;
}

std::string digest_of(const fs::path& file) {
  const fs::path out = file.string() + ".sum";
  shell(fmt::format("sha256sum {} | cut -c-64 | tr -d '\\n' >{}", file.string(), out.string()));
  return file_text(out);
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// An image from scratch as `docker save` writes it: one static program of two layers, whose user is not
/// root.
struct Image {
  fs::path archive;
  std::string id;  ///< hexadecimal digits
};

/// `ballast`: so many MiB more that nothing compresses.
Image make_image(const fs::path& dir, const json& more = json::object(), int ballast = 0) {
  fs::create_directories(dir / "one/etc");
  fs::create_directories(dir / "two/opt");
  fs::copy_file(BENCH_GUEST_APP, dir / "one/app");
  write(dir / "one/etc/passwd", "web:x:1000:1000::/:/app\n");
  write(dir / "one/etc/gone", "not in the end\n");
  write(dir / "two/opt/file", std::string(100'000, 'x'));
  if (ballast > 0) {
    std::mt19937_64 random(37);
    std::ofstream file(dir / "two/opt/ballast", std::ios::binary);
    for (int i = 0; i < ballast * 1024 * 1024 / 8; ++i) {
      const std::uint64_t word = random();
      file.write(reinterpret_cast<const char*>(&word), sizeof word);
    }
  }
  fs::create_directories(dir / "two/etc");
  write(dir / "two/etc/.wh.gone", "");
  json config = {{"Entrypoint", {"/app"}},  {"Cmd", {"serve"}},
                 {"User", "web"},           {"Env", {"COLOUR=red"}},
                 {"StopSignal", "SIGUSR1"}, {"ExposedPorts", {{"80/tcp", json::object()}}}};
  config.update(more);
  json diffs = json::array(), layers = json::array();
  for (const char* layer : {"one", "two"}) {
    const fs::path tar = dir / (std::string(layer) + ".tar");
    // Neither the layer's top nor the directories above its files are members: engines make them all the
    // same.
    shell(fmt::format("cd {} && find . ! -type d | sort | tar --owner=0 --group=0 --mtime=@0 -cf {} -T -",
                      (dir / layer).string(), tar.string()));
    diffs.push_back("sha256:" + digest_of(tar));
    layers.push_back(tar.filename().string());
  }
  write(dir / "config.json", json({{"architecture", "amd64"},
                                   {"os", "linux"},
                                   {"config", config},
                                   {"rootfs", {{"type", "layers"}, {"diff_ids", diffs}}}})
                                 .dump());
  Image image{dir / "image.tar", digest_of(dir / "config.json")};
  write(dir / "manifest.json",
        json::array({{{"Config", "config.json"}, {"RepoTags", {"bench-test/web:1"}}, {"Layers", layers}}})
            .dump());
  shell(fmt::format("cd {} && tar -cf image.tar one.tar two.tar config.json manifest.json", dir.string()));
  return image;
}

const json& target(const json& run, const std::string& name) {
  for (const json& one : run.at("targets")) {
    if (one.at("name") == name) return one;
  }
  throw std::runtime_error("no target " + name);
}

TEST(Image, IsStartedAsItIsInBothWorldsFromTheSameFiles) {
  World world;
  const Image image = make_image(world.scratch() / "image");
  const std::string reference = "docker-archive:" + image.archive.string();
  const Outcome outcome =
      world.bench({"run", "startup", "size", "--image", reference, "--targets", "docker,libvirt:direct",
                   "--rounds", "2", "--warmup", "0", "--out", world.results().string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json run = world.run();
  EXPECT_EQ(run.at("conditions").at("ready_path"), "/");
  const std::string rootfs = target(run, "docker").at("source").at("rootfs_sha256");
  EXPECT_THAT(rootfs, SizeIs(64));
  for (const char* name : {"docker", "libvirt:direct"}) {
    const json one = target(run, name);
    EXPECT_EQ(one.at("source").at("kind"), "image") << name;
    EXPECT_EQ(one.at("source").at("reference"), reference) << name;
    EXPECT_EQ(one.at("source").at("digest"), "sha256:" + image.id) << name;
    EXPECT_EQ(one.at("source").at("instrumentation"), "none") << name;
    EXPECT_EQ(one.at("equivalence").at("rootfs_sha256"), rootfs) << name;
    EXPECT_TRUE(one.at("traits").at("polite_stop").get<bool>()) << name;
    // The program finds the same around it: the container's limits are the guest's.
    EXPECT_EQ(one.at("equivalence").at("user").get<std::string>(), "1000:1000") << name;
    EXPECT_EQ(one.at("equivalence").at("workdir").get<std::string>(), "/") << name;
    for (const char* what : {"command", "environment", "limits"}) {
      EXPECT_EQ(one.at("equivalence").at(what), target(run, "docker").at("equivalence").at(what))
          << name << what;
    }
    EXPECT_THAT(values(run, name, "startup.ready"), AllOf(SizeIs(2), Each(Gt(0)))) << name;
    // The program ends at the image's own signal, long before anybody's patience is over.
    EXPECT_THAT(values(run, name, "startup.stop"), AllOf(SizeIs(2), Each(testing::Lt(9)))) << name;
    EXPECT_THAT(values(run, name, "size.disk"), AllOf(SizeIs(1), Each(Gt(100'000)))) << name;
  }
  EXPECT_THAT(values(run, "libvirt:direct", "startup.kernel"), SizeIs(2));
  EXPECT_THAT(run.at("environment").at("warnings").dump(), Not(HasSubstr("by our own account")));
  EXPECT_THAT(run.at("environment").at("warnings").dump(), Not(HasSubstr("started alike")));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("root file system (hash)"), HasSubstr("limit of open files"),
                                 Not(HasSubstr("flask"))));

  // The container's daemon has it now: the same image by the name that it has there.
  const Outcome stored = world.bench({"run", "startup", "--image", "bench/image:" + image.id.substr(0, 12),
                                      "--pull", "never", "--targets", "docker", "--rounds", "1", "--warmup",
                                      "0", "--out", (world.scratch() / "stored").string()});
  ASSERT_EQ(stored.exit_code, 0) << stored.err;
  EXPECT_EQ(target(world.run(world.scratch() / "stored"), "docker").at("source").at("rootfs_sha256"), rootfs);

  const Outcome absent = world.bench({"run", "startup", "--image", "bench-test/nobody:1", "--pull", "never",
                                      "--targets", "docker", "--out", (world.scratch() / "absent").string()});
  EXPECT_EQ(absent.exit_code, 3);
  EXPECT_THAT(absent.err, HasSubstr("Docker has no image bench-test/nobody:1"));
}

/// As tests/guest/app.c computes it.
std::string digest_of_text(const std::string& text) {
  std::uint64_t digest = 0xcbf29ce484222325U;
  for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("{:x}", digest);
}

TEST(Image, GetsTheRunsVariablesInBothWorldsAndTheyLeaveNoTrace) {
  World world;
  world.env["CANARY"] = kCanary;
  const Image image =
      make_image(world.scratch() / "image",
                 {{"Env", {"CANARY=of the image"}}, {"Cmd", {"serve", "CANARY", digest_of_text(kCanary)}}});
  const std::vector<std::string> command = {
      "run",      "startup", "--image",  "docker-archive:" + image.archive.string(),
      "--rounds", "1",       "--warmup", "0"};
  const auto started = [&](std::vector<std::string> more) {
    more.insert(more.begin(), command.begin(), command.end());
    return world.start(more);
  };
  const auto since = fs::file_time_type::clock::now();
  const auto given = started({"--env", "CANARY", "--targets", "docker,libvirt:direct", "--verbose", "--out",
                              world.results().string()});
  const Watched watched = wait_and_watch(*given, 300);
  EXPECT_EQ(watched.outcome.exit_code, 0) << watched.outcome.err;
  EXPECT_THAT(watched.traces, IsEmpty()) << "in the list of processes";
  EXPECT_FALSE(has_trace(watched.outcome.out + watched.outcome.err));
  EXPECT_THAT(traces_of_a_run(world, since), IsEmpty());
  const json run = world.run();
  EXPECT_THAT(run.at("failures"), IsEmpty()) << "each program had the value to the last byte";
  const json container = target(run, "docker").at("env"), vm = target(run, "libvirt:direct").at("env");
  EXPECT_THAT(container.at("CANARY").get<std::string>(), HasSubstr("hmac-sha256:"));
  EXPECT_EQ(container.at("CANARY"), vm.at("CANARY"));
  EXPECT_THAT(watched.outcome.out, HasSubstr("variable CANARY"));
  EXPECT_THAT(world.leftovers(), IsEmpty());

  // Without it the program has the image's own value, and answers with 500.
  const Outcome lacking = started({"--targets", "libvirt:direct", "--timeout", "40s", "--out",
                                   (world.scratch() / "lacking").string()})
                              ->wait(120);
  EXPECT_EQ(lacking.exit_code, 3);
  EXPECT_THAT(lacking.err, AllOf(HasSubstr("500"), HasSubstr("--env NAME=VALUE")));
}

TEST(Image, IsBuiltByTheAppsOwnDockerfile) {
  World world;
  const fs::path dir = world.scratch() / "app";
  fs::create_directories(dir);
  fs::copy_file(BENCH_GUEST_APP, dir / "app");
  write(dir / "Dockerfile.web",
        "FROM scratch AS web\nCOPY app /app\nARG COLOUR\nENV COLOUR=$COLOUR\nEXPOSE 80\n"
        "STOPSIGNAL SIGUSR1\nENTRYPOINT [\"/app\"]\nCMD [\"serve\"]\n"
        "FROM scratch\nCOPY nowhere /\n");
  const std::vector<std::string> build = {
      "run",         "startup",    "--build",   dir.string(), "--dockerfile", "Dockerfile.web",
      "--build-arg", "COLOUR=red", "--targets", "docker",     "--rounds",     "1",
      "--warmup",    "0",          "--out"};
  std::vector<std::string> whole = build;
  whole.insert(whole.end(), {world.results().string(), "--target", "web"});
  const Outcome outcome = world.bench(whole);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("build: COPY app /app"));
  const json source = target(world.run(), "docker").at("source");
  EXPECT_EQ(source.at("kind"), "build");
  EXPECT_EQ(source.at("reference"), fs::canonical(dir).string() + " (Dockerfile.web, target web, COLOUR)");
  EXPECT_THAT(source.at("builder").get<std::string>(), testing::StartsWith("docker "));
  EXPECT_THAT(values(world.run(), "docker", "startup.ready"), AllOf(SizeIs(1), Each(Gt(0))));
  EXPECT_THAT(outcome.out, HasSubstr("starts from the build"));

  // The last stage cannot be built: its builder says why.
  std::vector<std::string> last = build;
  last.push_back((world.scratch() / "last").string());
  const Outcome failed = world.bench(last);
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("docker build of "), HasSubstr("nowhere")));
}

/// The median of one metric; every target of these runs has it.
double median_figure(const json& run, const std::string& target, const std::string& metric) {
  std::vector<double> all = values(run, target, metric);
  if (all.empty()) throw std::runtime_error("no " + metric + " of " + target);
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

// Known truth: bytes that an image hides are found on both sides, and memory that its program takes. The
// memory of VMs has its truth in the test of apps.
TEST(Image, WhatAnImageHidesIsFound) {
  constexpr double kMiB = 1024.0 * 1024;
  World world;
  const Image plain = make_image(world.scratch() / "plain");
  const Image hiding = make_image(world.scratch() / "hiding", {{"Cmd", {"serve", "120"}}}, 37);
  const auto measured = [&](const Image& image, std::vector<std::string> scenarios,
                            const std::string& target) {
    const fs::path out = image.archive.parent_path() / ("run-" + target.substr(0, 6));
    scenarios.insert(scenarios.begin(), "run");
    scenarios.insert(scenarios.end(), {"--image", "docker-archive:" + image.archive.string(), "--targets",
                                       target, "--rounds", "1", "--warmup", "0", "--out", out.string()});
    const Outcome outcome = world.bench(scenarios, 250);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return world.run(out);
  };
  for (const std::string side : {"docker", "libvirt:direct"}) {
    const bool container = side == "docker";
    const std::vector<std::string> scenarios =
        container ? std::vector<std::string>{"size", "memory"} : std::vector<std::string>{"size"};
    const json without = measured(plain, scenarios, side), with = measured(hiding, scenarios, side);
    const auto moved = [&](const char* metric) {
      return (median_figure(with, side, metric) - median_figure(without, side, metric)) / kMiB;
    };
    for (const char* metric : {"size.disk", "size.transfer", "size.part.other"}) {
      EXPECT_NEAR(moved(metric), 37, 0.4) << side << " " << metric;
    }
    if (!container) continue;
    for (const char* metric : {"memory.host_pss", "memory.host_uss"}) {
      EXPECT_NEAR(moved(metric), 120, 6) << metric;
    }
  }
}

TEST(Image, WhatCannotBeMeasuredIsSaidBeforeAnythingStarts) {
  World world;
  const Image image = make_image(world.scratch() / "image");
  const Image portless = make_image(world.scratch() / "portless", {{"ExposedPorts", json::object()}});
  const std::string good = "docker-archive:" + image.archive.string();
  const std::string dir = (world.scratch() / "own").string();
  fs::create_directories(dir);
  write(dir + "/Dockerfile", "FROM scratch\n");
  struct Case {
    std::vector<std::string> options;
    int exit_code;
    std::string words;
  };
  const std::vector<Case> cases = {
      {{"--image", "docker-archive:/nowhere.tar"}, 2, "/nowhere.tar"},
      {{"--image", "oci:" + world.scratch().string()}, 2, "oci:"},
      {{"--image", image.archive.string()}, 2, "did you mean docker-archive:"},
      {{"--image", world.scratch().string()}, 2, "did you mean oci:"},
      {{"--image", "../x y"}, 2, "is no name of an image"},
      {{"--image", ""}, 2, "--image"},
      {{"--image", good, "--app", app("").string()}, 2, "--app"},
      {{"--port", "80"}, 2, "--image"},
      {{"--kernel", "host"}, 2, "--image"},
      {{"--pull", "never"}, 2, "--image"},
      {{"--image", good, "--base", "python:3"}, 2, "--base"},
      {{"--build", "/nowhere"}, 2, "--build /nowhere is not a directory"},
      {{"--build", world.scratch().string()}, 2, "there is no Dockerfile"},
      {{"--build", dir, "--dockerfile", "Nothing"}, 2, "--dockerfile Nothing"},
      {{"--build", dir, "--image", good}, 2, "--image and --build both"},
      {{"--build", dir, "--base", "python:3"}, 2, "--base and --build both"},
      {{"--build", dir, "--build-arg", "A"}, 2, "--build-arg A is not NAME=VALUE"},
      {{"--build", dir, "--builder", "kaniko"}, 2, "--builder 'kaniko'"},
      {{"--build", dir, "--pull", "never"}, 2, "--pull"},
      {{"--dockerfile", "Dockerfile"}, 2, "--build DIR"},
      {{"--image", good, "--target", "web"}, 2, "--build DIR"},
      {{"--image", good, "--modules", "/"}, 2, "--kernel"},
      {{"--image", good, "--pull", "sometimes"}, 2, "--pull"},
      {{"--image", good, "--kernel", "/etc/passwd"}, 2, "/etc/passwd"},
      {{"--image", good, "--ready-status", "99"}, 2, "--ready-status"},
      {{"--image", good, "--targets", "libvirt:full"}, 3, "libvirt:direct"},
  };
  for (const Case& one : cases) {
    std::vector<std::string> arguments = {"run", "startup", "--out", world.results().string()};
    arguments.insert(arguments.end(), one.options.begin(), one.options.end());
    const Outcome outcome = world.bench(arguments, 60);
    EXPECT_EQ(outcome.exit_code, one.exit_code) << one.words << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(one.words));
    EXPECT_FALSE(fs::exists(world.results())) << one.words;
  }
  const Outcome open =
      world.bench({"run", "startup", "--image", "docker-archive:" + portless.archive.string(), "--targets",
                   "docker", "--out", world.results().string()});
  EXPECT_EQ(open.exit_code, 2);
  EXPECT_THAT(open.err, HasSubstr("--port"));
}

}  // namespace
}  // namespace bench::e2e
