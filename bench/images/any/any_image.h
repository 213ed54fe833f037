#pragma once

#include <stop_token>

#include "bench/images/build/images.h"

namespace bench {

/// Looks at the files that it names: Throws Error{kUsage} for an image, a kernel or modules that are not
/// there or are none.
void require_any_image(const AnyImage& image);

/// Prepares `request.image`, or finds it by its digest: a container archive with the image as it is, and a
/// disk with exactly its files, a kernel and an initramfs with our init. An image of an engine's store has
/// been found there before (engine_id, save). Throws Error{kUsage} for what is no image, has none for this
/// platform or leaves open where its app listens, Error{kUnavailable} where a disk is to be made and this
/// user is not root.
ImageSet prepare_any_image(const ImageRequest& request, std::stop_token stop);

/// True when prepare_any_image(request) would find everything in the cache. False for an image of an engine's
/// store that has not been looked for there.
bool any_image_ready(const ImageRequest& request);

}  // namespace bench
