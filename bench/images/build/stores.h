#pragma once

#include <vector>

#include "bench/images/build/store.h"

namespace bench {

/// This user's own store, below cache_dir().
ImageStore own_image_store();

/// The one that every user of the host reads and only root writes, below shared_image_dir(): made if it is
/// missing. Throws Error{kUnavailable} for whoever is not root, and where others could write, too.
ImageStore make_shared_image_store();

/// Where images are looked for, in this order: the user's own, and the shared one if it is there. What others
/// than root and this user could have written is not booted: Throws Error{kUnavailable} where
/// BENCH_IMAGE_STORE names such a directory; the usual place is then left out.
std::vector<ImageStore> image_stores();

}  // namespace bench
