#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

namespace bench {

/// What a tree of files is, without when and where: 64 hexadecimal digits, the SHA-256 over one record a
/// file, sorted by the path's bytes. A record: path ("/" is the top) NUL mode with type in octal NUL uid:gid
/// NUL what is in it NUL, then for each extended attribute, sorted, name NUL value in hexadecimal NUL, and a
/// NUL. What is in it: of a file the SHA-256 of its contents, of a link its target, of a device major:minor.
///
/// Times, inode numbers, holes and which names are links to one file are not in it, nor security.selinux.
/// An empty /lost+found of root's with mode 0700 is left out: every ext4 has it.
struct TreeDigest {
  std::string sha256;
  std::int64_t files = 0;  ///< records
  std::int64_t bytes = 0;  ///< contents of all regular files; a file with several names counts once
};

/// Of a directory, as this process sees it: as root, all of it. Follows no link and enters no other mount's
/// special files. Throws Error{kIo, kInterrupted}.
TreeDigest tree_digest(const std::filesystem::path& dir, std::stop_token stop = {});

/// Of the ext4 that begins at `offset` bytes of a raw image, without mounting it and without root: equal to
/// that of the tree it was made of. Throws Error{kCorrupt} when it is no ext4 or damaged.
TreeDigest ext4_digest(const std::filesystem::path& image, std::int64_t offset = 0,
                       std::stop_token stop = {});

}  // namespace bench
