#pragma once

// The parts of the guest's init that compute, compiled into the test: nothing of the C++ program calls them.
#include "bench/images/boot/init/config.h"
#include "bench/images/boot/init/environment.h"
#include "bench/images/boot/init/report.h"
#include "bench/images/boot/init/users.h"
