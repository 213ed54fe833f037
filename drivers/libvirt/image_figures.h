#pragma once

#include <stop_token>
#include <vector>

#include "bench/core/image.h"
#include "drivers/driver.h"
#include "drivers/libvirt/connection.h"

namespace bench {

/// What libvirt's storage driver says of the image's files, where the connection has one, and what qemu-img
/// says. A pool is needed for the former: a transient one of our own, gone when this returns.
std::vector<ImageFigure> libvirt_image_figures(LibvirtConnection& connection, const VmImage& image,
                                               const std::stop_token& stop);

}  // namespace bench
