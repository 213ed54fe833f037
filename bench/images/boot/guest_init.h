#pragma once

#include <string_view>

namespace bench {

/// The static program of boot/init, as bytes of this one. Empty where the build had no C compiler that links
/// statically.
std::string_view guest_init();

}  // namespace bench
