#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// One line of `bench doctor`.
struct DoctorRow {
  std::string area;    ///< "host", "images", "docker", "libvirt", …
  std::string item;    ///< "load", "mke2fs", …
  std::string status;  ///< "ok" | "warn" | "missing" | "info"
  std::string detail;
  std::string remedy;  ///< empty where nothing has to be done
  bool operator==(const DoctorRow&) const = default;
};

struct DoctorHost {
  std::filesystem::path sysroot = "/";
  /// True when a program is installed; empty: bench::have_program.
  std::function<bool(const std::string&)> have_program;
};

/// The rows that do not depend on an engine: programs that building images needs, disk space, memory, noise,
/// governor, the KVM device (its presence is no proof that guests boot), privileges. The engines' rows come
/// from the drivers (bench/app/engine_rows.h).
std::vector<DoctorRow> host_rows(const std::filesystem::path& cache_dir, const DoctorHost& host = {});

}  // namespace bench
