#include "bench/core/first_metrics.h"

#include <array>
#include <utility>

#include "bench/core/process_role.h"

namespace bench {
namespace {

struct Words {
  const char* column = "";
  const char* words = "";
  const char* subject = "";
};

MetricSpec spec(const char* name, Unit unit, Role role, const char* summary, Words words = {}) {
  MetricSpec spec;
  spec.name = name;
  spec.unit = unit;
  spec.role = role;
  spec.summary = summary;
  spec.column = words.column;
  spec.words = words.words;
  spec.subject = words.subject;
  return spec;
}

MetricSpec gated(MetricSpec spec) {
  spec.gated = true;
  return spec;
}

/// What takes time: an emulated VM takes another time than one on hardware.
MetricSpec duration(MetricSpec spec) {
  spec.manner = Manner::kSpeed;
  spec.needs_hardware = true;
  return spec;
}

MetricSpec same_stop(MetricSpec spec) {
  spec.same_stop = true;
  return spec;
}

/// Memory of the host holds the code that an emulator has translated, and CPU time is that of the emulator.
MetricSpec other_when_emulated(MetricSpec spec) {
  spec.needs_hardware = true;
  return spec;
}

MetricSpec prominent(MetricSpec spec) {
  spec.prominent = true;
  return spec;
}

MetricSpec exact(MetricSpec spec) {
  spec.exact = true;
  return spec;
}

MetricSpec part(MetricSpec spec, const char* whole) {
  spec.part_of = whole;
  return spec;
}

MetricSpec neither(MetricSpec spec) {
  spec.better = Better::kNeither;
  return spec;
}

MetricSpec slope(MetricSpec spec, const char* curve) {
  spec.slope_of = curve;
  return spec;
}

MetricSpec cpu_of(MetricSpec spec, const char* time) {
  spec.cpu_of = time;
  return spec;
}

/// In the sentence of the headline.
MetricSpec beside(MetricSpec spec, const char* words) {
  spec.beside = words;
  return spec;
}

MetricSpec phase(const char* name, const char* summary) {
  return duration(part(spec(name, Unit::kSeconds, Role::kPhase, summary), metric::kReady));
}

ScenarioSpec make_startup() {
  using namespace metric;
  ScenarioSpec startup{
      scenario::kStartup,
      "Start-up",
      "time from the first engine call to the app's first verified answer, by phase; and the stop",
      {phase(kCreate, "the engine has created the instance (since t0)"),
       phase(kLaunch, "the engine's start call has returned (since t0)"),
       phase(kFirmware, "the kernel or boot loader speaks (VM; since t0)"),
       phase(kKernel, "user space's first process runs (VM; since t0)"),
       phase(kInit, "init is about to start the app (VM; since t0)"),
       phase(kRuntime, "the app's code begins to run (since t0)"), phase(kApp, "the app listens (since t0)"),
       gated(duration(
           spec(kReady, Unit::kSeconds, Role::kHeadline, "the first verified HTTP 200 is complete (since t0)",
                {"ready", "time to ready", "time from the first engine call to the first verified answer"}))),
       gated(other_when_emulated(
           cpu_of(spec(kCpu, Unit::kSeconds, Role::kResult,
                       "CPU time that the host spent up to ready, engine included",
                       {"CPU", "CPU until ready", "CPU time that the host spent on a start"}),
                  kReady))),
       gated(same_stop(
           duration(spec(kStop, Unit::kSeconds, Role::kResult,
                         "from the stop request until the instance has ended", {"stop", "time to stop"})))),
       neither(spec(kProbeLoad, Unit::kRatio, Role::kHarness,
                    "CPU time of the readiness probe per second of waiting")),
       neither(spec(kMarkLag, Unit::kSeconds, Role::kHarness,
                    "how long the app's word that it listens took to arrive (container)"))}};
  startup.headline = {.verb = "ready in", .again = "in"};
  startup.trial = "start";
  startup.table = "Start-up: from the first engine call to the first verified answer";
  startup.reading = {
      "Ready: the first complete answer that is this trial's (by its own nonce; of an image as it is, by the "
      "expected status at a port drawn for the trial), in seconds of the host's "
      "monotonic clock since the first engine call that makes the instance. Images are prepared before.",
      "CPU: what the host spent up to ready, engine and VMM included."};
  return startup;
}

/// The categories of bytes (bench/images/weigh/categories.h), in words.
constexpr std::array<std::pair<const char*, const char*>, 12> kSizeParts = {
    {{"kernel", "kernel"},
     {"modules", "kernel modules"},
     {"firmware", "firmware, boot loader"},
     {"init", "init, system services"},
     {"packages", "package-manager data"},
     {"base", "C library, base system"},
     {"python", "Python"},
     {"dependencies", "Flask, dependencies"},
     {"app", "the app"},
     {"docs", "docs, locales"},
     {"filesystem", "file system, free space"},
     {"other", "other"}}};

// NOLINTBEGIN(bugprone-suspicious-missing-comma): a paragraph is longer than a line

std::vector<std::string> size_reading() {
  return {
      "To send: what a registry or a web server would send for the first app: the layers, or the disk image "
      "and its kernel, compressed by the same compressor at the same level. The next app on the same base "
      "sends less; that is “one more app”.",
      "On disk and unpacked: what is allocated on this host for one image that nothing else shares, and what "
      "it would hold written out in full. A VM's disk also holds its own file system: journal, tables and "
      "free space.",
      "Beyond the shared base, one more app: what is this app's alone, and what the second and third app on "
      "the same base really added: a layer on one side, an overlay with a backing file on the other. Both "
      "sides can share a base; only how is different.",
      "Slimmed: what a careful engineer would ship: no docs, no package cache, no unused modules, a "
      "compressed disk. A reference line; the claims are about the images as they are built.",
      "Where the bytes are: each file counted once, by the package that brought it. Kernel, modules, "
      "firmware "
      "and init are there because a VM is a machine of its own; a container uses the host's, whose size is "
      "on neither side of the table."};
}

std::vector<std::string> memory_reading() {
  return {
      "PSS: what the processes of one instance cost, a page that several use split among them. The headline: "
      "VMM, shim, proxy and the app's own processes are all in it. RSS counts shared pages in full each "
      "time, USS counts only what nobody shares, so RSS ≥ PSS ≥ USS.",
      "cgroup: what the kernel charges to the instance: anonymous memory, pages of files that it was the "
      "first to touch, and kernel memory. Page cache can be taken back and is not lost to others.",
      "Used, says the guest: the guest's own view. The host pays for every page that the guest has ever "
      "touched, also what it has freed since, so the guest's figure is not a cost.",
      "One more instance: the slope of the host's available memory against the number of instances. Daemons "
      "and kernel memory are in it, so it answers “how many fit?”; it is not the first instance's cost."};
}

// NOLINTEND(bugprone-suspicious-missing-comma)

ScenarioSpec make_size() {
  using namespace metric;
  ScenarioSpec size{
      scenario::kSize,
      "Image size",
      "bytes of each image: sent, stored, shared, per further app; and where they are",
      {gated(exact(spec(kTransfer, Unit::kBytes, Role::kHeadline,
                        "compressed as it is sent: layers, or disk and kernel; gzip level 6 for both",
                        {"to send (compressed)", "bytes to transfer", "compressed size to transfer"}))),
       gated(prominent(
           exact(spec(kDisk, Unit::kBytes, Role::kResult,
                      "allocated on the host's disk: unpacked layers, or qcow2, kernel and initramfs",
                      {"on disk", "bytes on disk", "size on disk"})))),
       exact(spec(kVirtual, Unit::kBytes, Role::kDetail,
                  "apparent: the files' lengths, or the virtual disk's size",
                  {"unpacked", "bytes unpacked", "unpacked size"})),
       gated(exact(spec(kUnique, Unit::kBytes, Role::kResult,
                        "of size.disk: what another image of the same base does not share",
                        {"beyond the shared base", "beyond the shared base"}))),
       exact(spec(kOneMoreApp, Unit::kBytes, Role::kResult,
                  "what one more app on the same base adds (mean of the 2nd and the 3rd)",
                  {"one more app", "one more app", "size of one more app on the same base"})),
       exact(spec(kOneMoreAppAt, Unit::kBytes, Role::kDetail,
                  "what the app of that number adds: a layer, or a backing-file overlay")),
       neither(exact(spec(kLayers, Unit::kCount, Role::kDetail,
                          "the container's layers, or the length of the disk's backing chain", {"layers"}))),
       exact(spec(kSlimTransfer, Unit::kBytes, Role::kDetail,
                  "size.transfer of a slimmed variant (reference line)", {"slimmed: to send"})),
       exact(spec(kSlimDisk, Unit::kBytes, Role::kDetail, "size.disk of a slimmed variant (reference line)",
                  {"slimmed: on disk"}))}};
  for (const auto& [name, words] : kSizeParts) {
    const std::string full = std::string(kSizePart) + name;
    const std::string summary = std::string("part of size.disk: ") + name;
    size.metrics.push_back(
        exact(part(spec(full.c_str(), Unit::kBytes, Role::kPart, summary.c_str(), {words, words}), kDisk)));
  }
  const auto check = [&](const char* name, const char* summary, const char* of) {
    const std::string full = std::string(kSizeCheck) + name;
    size.metrics.push_back(exact(part(spec(full.c_str(), Unit::kBytes, Role::kCheck, summary), of)));
  };
  check("disk_engine", "size.disk by the engine's word", kDisk);
  check("disk_qemu", "size.disk by qemu-img (VM)", kDisk);
  check("virtual_engine", "size.virtual by the engine's word", kVirtual);
  check("virtual_history", "size.virtual by the image's history (container)", kVirtual);
  check("virtual_df", "size.virtual by the engine's disk usage (container)", kVirtual);
  check("virtual_qemu", "size.virtual by qemu-img (VM)", kVirtual);
  check("*", "a size by another source", "");
  size.headline = {.about = "image", .after = "to send"};
  size.reading = size_reading();
  return size;
}

ScenarioSpec make_memory() {
  using namespace metric;
  const auto bytes = [](const char* name, const char* summary, Words words = {}) {
    return spec(name, Unit::kBytes, Role::kDetail, summary, words);
  };
  const auto of_host = [&](const char* name, const char* summary) {
    return other_when_emulated(bytes(name, summary));
  };
  const auto result = [](const char* name, const char* summary, Words words) {
    return other_when_emulated(spec(name, Unit::kBytes, Role::kResult, summary, words));
  };
  const auto of_pss = [](const char* name, const char* summary) {
    return part(spec((std::string(kMemoryPart) + name).c_str(), Unit::kBytes, Role::kPart, summary),
                kHostPss);
  };
  ScenarioSpec memory{
      scenario::kMemory,
      "Memory",
      "what a running instance costs the host in memory, and what one more costs",
      {gated(other_when_emulated(spec(kHostPss, Unit::kBytes, Role::kHeadline,
                                      "PSS of every host process of the instance, settled after ready",
                                      {"PSS", "host memory (PSS)", "memory on the host (PSS)"}))),
       of_host(kHostRss, "RSS of the same processes: shared pages counted again for each"),
       of_host(kHostUss, "USS of the same processes: pages that nobody else maps"),
       of_host(kHostUnbacked, "the part of host_pss that no file backs"),
       of_pss(role::kApp, "the part of host_pss of the app's own processes (container)"),
       of_pss(role::kShim, "… of the engine's monitor of the container (container)"),
       of_pss(role::kProxy, "… of the proxy of the published port (container)"),
       of_pss(role::kGuestRam, "… of the guest's RAM that has been touched (VM)"),
       of_pss(role::kTranslations, "… of code that the emulator has translated (VM under TCG)"),
       of_pss(role::kVmm, "… of the rest of the VMM (VM)"),
       of_pss("*", "… of the processes of that role"),
       of_host(kVmmOverhead, "PSS of the VMM without the guest's RAM (VM)"),
       bytes(kGuestUsed, "what the guest's own kernel has in use: total less available (VM)"),
       result(kCgroup, "what the kernel charges to the instance's cgroup, page cache included",
              {"cgroup", "memory of the cgroup", "memory charged to the control group"}),
       of_host(kCgroupAnon, "the cgroup's anonymous memory"),
       of_host(kCgroupFile, "the cgroup's page cache"),
       of_host(kCgroupKernel, "the cgroup's kernel memory"),
       gated(result(kLoadedPss, "host_pss again, after 100 requests",
                    {"PSS, loaded", "host memory (PSS), loaded"})),
       of_host(kLoadedRss, "host_rss again, after 100 requests"),
       of_host(kLoadedUss, "host_uss again, after 100 requests"),
       of_host(kLoadedCgroup, "cgroup again, after 100 requests"),
       bytes(kLoadedGuestUsed, "guest_used again, after 100 requests (VM)"),
       neither(bytes(kAvailable, "the host's available memory while `at` instances run (a curve)")),
       gated(prominent(beside(
           slope(result(
                     kOneMore, "what one more instance takes of it: the curve's slope (derived)",
                     {"one more", "memory of one more", "memory that one more instance takes from the host"}),
                 kAvailable),
           "one more costs"))),
       neither(
           spec(kSettle, Unit::kSeconds, Role::kHarness, "how long an instance took to settle after ready")),
       neither(spec(kSettleLoad, Unit::kRatio, Role::kHarness,
                    "CPU time of our reading per second of settling"))}};
  memory.headline = {.about = "memory", .after = "of the host (PSS)"};
  memory.reading = memory_reading();
  return memory;
}

}  // namespace

const ScenarioSpec& startup_spec() {
  return first_scenarios()[0];
}
const ScenarioSpec& size_spec() {
  return first_scenarios()[1];
}
const ScenarioSpec& memory_spec() {
  return first_scenarios()[2];
}

const std::vector<ScenarioSpec>& first_scenarios() {
  static const std::vector<ScenarioSpec> scenarios = {make_startup(), make_size(), make_memory()};
  return scenarios;
}

}  // namespace bench
