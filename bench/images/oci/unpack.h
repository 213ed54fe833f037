#pragma once

#include <filesystem>
#include <stop_token>

#include "bench/images/oci/image.h"

namespace bench {

/// Writes the image's file system into the empty directory `dir`: every layer in order, with whiteouts and
/// opaque directories, hard links (also to lower layers), devices, holes, extended attributes and
/// capabilities, numeric owners, names in any encoding. `dir` becomes the tree's top, with its mode and
/// owner.
///
/// Nothing outside `dir` is read or changed, whatever the layers say. Every layer's digest and diff_id is
/// checked while it is read; memory does not grow with the layers' sizes. security.selinux is left out: it is
/// the building machine's label.
///
/// Throws Error{kUsage} for an image that is damaged, hostile or no tree; kUnavailable when a right is
/// missing (root is needed) or when `dir` lies on a file system that cannot hold the tree; kIo; kInterrupted.
/// After an error `dir` holds a part of the tree: remove it.
void unpack(const OciImage& image, const std::filesystem::path& dir, std::stop_token stop = {});

}  // namespace bench
