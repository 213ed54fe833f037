#include <fmt/format.h>

#include <utility>

#include "bench/base/error.h"
#include "bench/config.h"
#include "drivers/driver.h"
#include "drivers/libvirt/targets.h"

#if BENCH_HAVE_DOCKER
#include "drivers/docker/docker.h"
#include "drivers/docker/loaded.h"
#include "drivers/docker/places.h"
#include "drivers/docker/private/private_docker.h"
#endif
#if BENCH_HAVE_LIBVIRT
#include "drivers/libvirt/daemon/daemon_memory.h"
#include "drivers/libvirt/daemon/embed.h"
#include "drivers/libvirt/libvirt.h"
#include "drivers/libvirt/obstacle.h"
#endif

namespace bench {
namespace {

#if BENCH_HAVE_DOCKER
std::vector<std::string> clean_private_engine() {
  return clean_private_docker();
}
#endif

#if BENCH_HAVE_LIBVIRT
std::vector<EngineFinding> acceleration_finding(const DriverOptions& options) {
  const AccelerationVerdict verdict = acceleration_verdict(options);
  const bool good = verdict.proven && verdict.acceleration != Acceleration::kTcg;
  const std::string age = acceleration_age(options);
  std::vector<EngineFinding> findings{
      {"acceleration", good,
       to_text(verdict.acceleration) + ": " + verdict.how + (age.empty() ? "" : " (" + age + ")"),
       verdict.remedy}};
  for (const std::string& daemon : remembered_daemons()) findings.push_back({"daemon", true, daemon, ""});
  return findings;
}

void forget_libvirt_findings() {
  forget_acceleration();
  forget_daemons();
}

std::vector<std::string> clean_embedded_libvirt() {
  const int ended = remove_dead_embed_roots();
  if (ended == 0) return {};
  return {"ended " + std::to_string(ended) + (ended == 1 ? " process" : " processes") +
          " of a killed run's libvirt"};
}
#endif

std::deque<DriverRow> own_drivers() {
  return {
      {
          .name = "docker",
          .traits = container_traits(),
          .holds_images = true,
          .profiles = {{"", Artefact::kContainerArchive}},
          .built = BENCH_HAVE_DOCKER != 0,
          .left_out =
              BENCH_HAVE_DOCKER != 0
                  ? ""
                  : "left out of this build (BENCH_WITH_DOCKER=OFF): configure with -DBENCH_WITH_DOCKER=ON",
          .summary = "a Docker container, through the Engine API",
          .telling = {"api", "socket"},
#if BENCH_HAVE_DOCKER
          .make = make_docker_driver,
          .obstacle = nullptr,
          .access = docker_access,
          .findings = nullptr,
          .forget = nullptr,
          .clean = clean_private_engine,
          .clean_images = clean_loaded_images,
#endif
      },
      {
          .name = "libvirt",
          .traits = vm_traits(Acceleration::kTcg, true),
          .profiles = libvirt_profiles(),
          .parameters = libvirt_parameters(),
          .built = BENCH_HAVE_LIBVIRT != 0,
          .left_out =
              BENCH_HAVE_LIBVIRT != 0
                  ? ""
                  : "left out of this build, libvirt or pugixml was not found: install libvirt-dev and "
                    "libpugixml-dev and build again",
          .summary =
              "a QEMU virtual machine, through libvirt; direct: kernel and a minimal init, full: firmware, "
              "boot loader and systemd",
          .telling = {"uri", "qemu"},
#if BENCH_HAVE_LIBVIRT
          .make = make_libvirt_driver,
          .obstacle = libvirt_obstacle,
          .findings = acceleration_finding,
          .forget = forget_libvirt_findings,
          .clean = clean_embedded_libvirt,
          .clean_images = nullptr,
#endif
      },
  };
}

std::deque<DriverRow>& driver_rows() {
  static std::deque<DriverRow> table = own_drivers();
  return table;
}

}  // namespace

const std::deque<DriverRow>& driver_table() {
  return driver_rows();
}

void add_driver(DriverRow row) {
  for (const DriverRow& there : driver_rows()) {
    if (there.name == row.name)
      throw Error(ErrorCode::kUsage, fmt::format("There is a driver '{}' already", row.name));
  }
  driver_rows().push_back(std::move(row));
}

}  // namespace bench
