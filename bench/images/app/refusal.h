#pragma once

#include <string>

namespace bench {

/// What helps where the distribution's packages cannot do what an app's files say.
inline constexpr const char* kOtherWays =
    "measure it as its author builds it (--build DIR), or a finished image (--image REF)";

/// Throws Error{kUsage} that says where ("requirements.txt line 3") what stands that cannot be honoured.
[[noreturn]] void refuse_app(const std::string& where, const std::string& what,
                             const std::string& remedy = kOtherWays);

/// A text of the user's in one line of a message: no control characters, no password of a URL, and cut where
/// it is long.
std::string quoted_line(const std::string& text);

}  // namespace bench
