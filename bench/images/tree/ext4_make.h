#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

namespace bench {

struct Ext4Wishes {
  std::int64_t free_bytes = 256LL << 20;  ///< about what may be written to it later; the file stays sparse
  std::string label = "root";             ///< at most 16 bytes
};

/// Makes the file `image`: an ext4 that holds the tree of `dir`, its top's owner, mode and attributes too,
/// and is as large as that needs. Blocks of 4 KiB, nothing reserved, nothing left for the kernel to
/// initialise while it is mounted. Neither mounts anything nor needs root, beyond reading `dir`. What is left
/// of an earlier `image` is replaced; a failed one is removed. Not durable: whoever keeps it syncs it.
///
/// Throws Error{kUnavailable} without mke2fs, kIo when the tree cannot be read or the disk is full, kEngine
/// with the words of mke2fs, kInterrupted.
void make_ext4(const std::filesystem::path& dir, const std::filesystem::path& image,
               const Ext4Wishes& wishes = {}, std::stop_token stop = {});

}  // namespace bench
