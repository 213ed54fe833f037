#pragma once

#include "bench/images/boot/guest_config.h"
#include "bench/images/oci/image.h"

namespace bench {

/// What the guest's init is told of an image: its program is started as a container's engine starts it.
/// Throws Error{kUsage} for a STOPSIGNAL that is none.
GuestConfig guest_of(const ImageConfig& config);

}  // namespace bench
