#pragma once

#include <filesystem>
#include <string>

namespace bench {

/// What bench removes as a whole, perhaps as root, must be what it made. So a directory that it makes for an
/// engine carries a file that says so: its real path, the user, and the process that made it.
inline constexpr const char* kOwnDirectoryMark = ".bench-owned";

/// Makes the directory if need be (0700) and marks it. Throws Error{kUnavailable} when there is something in
/// it already that is not ours, kIo when it cannot be made. `sign`: see is_own_directory.
void make_own_directory(const std::filesystem::path& directory, const std::string& sign = "");

/// True when the directory carries our mark, written for this very path, and nobody else may write either: no
/// symlink on the way, no copy of a mark made elsewhere. Versions before the mark left directories without
/// one: `sign` names an entry that only they made there.
bool is_own_directory(const std::filesystem::path& directory, const std::string& sign = "");

/// Removes the directory with all that is in it, if it is ours. False when it is there and stays.
bool remove_own_directory(const std::filesystem::path& directory, const std::string& sign = "");

/// True for a plain file (no symlink) that is ours and that nobody else may write.
bool is_own_file(const std::filesystem::path& file);

}  // namespace bench
