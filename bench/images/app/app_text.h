#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// What an app says about itself is read by root, and the app is anybody's: the kernel resolves the name
/// inside the app's directory, and what never ends or is no file is refused. As UTF-8, whatever byte order
/// mark it begins with. Nothing where there is no such file. Throws kUsage.
std::optional<std::string> app_text(const std::filesystem::path& dir, const std::string& name);

/// Reads a file of the app's by its relative name, as app_text does.
using AppReader = std::function<std::optional<std::string>(const std::string&)>;

/// UTF-8 without a mark, from UTF-8 or UTF-16 with one; what has no mark stays as it is.
std::string decoded_text(std::string_view bytes);

}  // namespace bench
