#pragma once

#include <string>

namespace bench {

/// Makes the bridge `name` with a subnet of the range that is reserved for benchmarks (RFC 2544,
/// 198.18.0.0/15), or of a private one, that no interface and no route of this host uses. Takes over one that
/// is there already, with another subnet where its own is used by something else by now. Throws
/// Error{kUnavailable} where the kernel refuses.
void make_bridge(const std::string& name);

/// True when there was one.
bool remove_bridge(const std::string& name) noexcept;

}  // namespace bench
