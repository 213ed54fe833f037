#pragma once

#include <memory>
#include <string>

#include "drivers/driver.h"

namespace bench {

/// The driver "libvirt": QEMU guests through libvirt's C API. Making it touches nothing; the connection is
/// opened by the first verb that needs it.
std::unique_ptr<Driver> make_libvirt_driver(const DriverOptions& options);

/// How guests run here, and how that is known.
struct AccelerationVerdict {
  Acceleration acceleration = Acceleration::kTcg;
  bool proven = false;  ///< a guest was really booted that way on this kernel, CPU and QEMU
  std::string how;      ///< one line for people: what was booted, what happened, how long it took
  std::string remedy;   ///< what would give a better verdict; empty where there is nothing to do
  bool operator==(const AccelerationVerdict&) const = default;
};

/// What `bench doctor` shows: the remembered verdict of this machine, or, where no guest was booted yet,
/// `proven == false` and what the devices promise. Boots nothing and opens no connection.
AccelerationVerdict acceleration_verdict(const DriverOptions& options);

/// "found 3 days ago" for a verdict that is remembered, empty for one that is looked up each time.
std::string acceleration_age(const DriverOptions& options);
void forget_acceleration();

}  // namespace bench
