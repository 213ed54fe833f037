#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

/// What the bytes of an image are for, in the order in which reports show them.
enum class Category : std::uint8_t {
  kKernel,        ///< kernel images and initial RAM file systems
  kModules,       ///< loadable kernel modules
  kFirmware,      ///< firmware and boot loader
  kInit,          ///< init and system services, and the libraries that only they need
  kPackages,      ///< the package manager's data
  kBase,          ///< C library and base system
  kPython,        ///< the interpreter and its standard library
  kDependencies,  ///< Flask and whatever else the app asks for
  kApp,           ///< the app and its instrumentation
  kDocs,          ///< documentation and translations, whatever package they are of
  kFilesystem,    ///< the file system's and the image format's own structures, and free space that is stored
  kOther,
};

inline constexpr std::size_t kCategories = 12;

/// The last part of "size.part.<name>".
constexpr std::string_view category_name(Category category) {
  constexpr std::array<std::string_view, kCategories> kNames = {
      "kernel", "modules",      "firmware", "init", "packages",   "base",
      "python", "dependencies", "app",      "docs", "filesystem", "other"};
  return kNames.at(static_cast<std::size_t>(category));
}

/// Bytes of each category; the index is the category's number.
using Parts = std::array<std::int64_t, kCategories>;

inline std::int64_t& part(Parts& parts, Category category) {
  return parts.at(static_cast<std::size_t>(category));
}

}  // namespace bench
