#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/base/clock.h"
#include "bench/core/variables.h"
#include "bench/images/boot/initramfs.h"
#include "unit/images/temp_dir.h"

namespace bench::test {

/// A QEMU of the test's own, which boots a disk that was made from a directory.
class Guest {
 public:
  /// `variables`: what a run gives to the app.
  Guest(const GuestKernel& kernel, const std::filesystem::path& tree, const GuestConfig& config,
        const Variables& variables = {});
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  /// What the app answers; empty when it has not within `patience`.
  [[nodiscard]] std::string ask(Seconds patience) const;
  /// True when the console had the words in time.
  [[nodiscard]] bool says(const std::string& words, Seconds patience) const;
  void press_power_button() const;
  /// True when the machine was off by itself in time.
  [[nodiscard]] bool ends(Seconds patience);
  [[nodiscard]] std::string console() const;

 private:
  TempDir dir_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

/// The QEMU that is installed, as libvirt counts versions: 7002022 is 7.2.22.
unsigned long qemu_version();

}  // namespace bench::test
