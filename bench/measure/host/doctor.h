#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/core/vocabulary.h"

namespace bench {

enum class DoctorStatus { kOk, kWarn, kMissing, kInfo };

constexpr std::array<Word<DoctorStatus>, 4> words_of(DoctorStatus /*of*/) {
  return {{{DoctorStatus::kOk, "ok"},
           {DoctorStatus::kWarn, "warn"},
           {DoctorStatus::kMissing, "missing"},
           {DoctorStatus::kInfo, "info"}}};
}

/// One line of `bench doctor`.
struct DoctorRow {
  std::string area;  ///< "host", "images", "docker", "libvirt", …
  std::string item;  ///< "load", "mke2fs", …
  DoctorStatus status = DoctorStatus::kOk;
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
