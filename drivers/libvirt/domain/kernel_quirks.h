#pragma once

#include <string>
#include <vector>

#include "bench/core/vocabulary.h"

namespace bench {

/// CPU features that have to be off for this kernel in a guest, by the names that QEMU and libvirt share. A
/// release as uname says it, and QEMU's version as libvirt counts it (7002022 is 7.2.22).
///
/// cx16: Linux 6.12 under the TCG of QEMU 7.2 dies at random while it boots, with half a pointer in its
/// flags: 14 of 29 boots reached user space with cmpxchg16b, and 22 of 22 without; 6.1 there and 6.12 under
/// QEMU 10 never failed. QEMU 8.0 translates the instruction anew.
std::vector<std::string> features_that_break(const std::string& kernel_release, unsigned long qemu_version,
                                             Acceleration acceleration);

}  // namespace bench
