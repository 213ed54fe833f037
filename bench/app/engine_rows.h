#pragma once

#include <vector>

#include "bench/measure/host/doctor.h"
#include "drivers/driver.h"

namespace bench {

/// What `bench doctor` says of a driver. Asks the engine what a run would ask it; starts a private daemon
/// where a run would, and stops it again.
std::vector<DoctorRow> engine_rows(const DriverRow& driver, const DriverOptions& options);

}  // namespace bench
