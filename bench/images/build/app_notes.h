#pragma once

#include <string>
#include <vector>

#include "bench/core/image.h"
#include "bench/images/build/app_files.h"

namespace bench {

/// One line each: what of the app was not taken as its author wrote it. `distribution`: on its packages.
std::vector<std::string> app_notes(const App& app, const ImageSet& set, bool distribution);

/// Where the app's files go, as the recipe reads it and as the images' name holds it: number and directory a
/// line.
std::string places_text(const App& app);

}  // namespace bench
