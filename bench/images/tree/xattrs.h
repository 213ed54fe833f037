#pragma once

#include <map>
#include <string>

namespace bench {

/// Whether an attribute belongs to an image: security.selinux is the machine's own label, and system.data is
/// how ext4 stores small files.
bool xattr_of_image(const std::string& name);

/// Of a file, a link itself too; `file` is any path that the kernel takes. Throws Error{kIo}.
std::map<std::string, std::string> read_xattrs(const std::string& file);

/// Removes those that belong to an image. Throws Error{kIo}.
void clear_xattrs(const std::string& file);

}  // namespace bench
