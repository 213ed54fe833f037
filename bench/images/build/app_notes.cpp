#include "bench/images/build/app_notes.h"

#include <fmt/format.h>

#include "bench/images/build/apt_packages.h"

namespace bench {

std::vector<std::string> app_notes(const App& app, const ImageSet& set, bool distribution) {
  std::vector<std::string> notes = app.config.notes;
  notes.insert(notes.end(), app.requirement_notes.begin(), app.requirement_notes.end());
  if (reloads(app.config, set.flask)) {
    notes.emplace_back(
        "debugging is on, so that Flask's reloader runs: every figure is of two interpreters, as the app "
        "asks for");
  }
  if (!distribution) return notes;
  const auto versions = version_notes(app.requirements, set.installed);
  notes.insert(notes.end(), versions.begin(), versions.end());
  return notes;
}

std::string places_text(const App& app) {
  std::string text;
  for (std::size_t i = 0; i < app.places.size(); ++i)
    text += fmt::format("{} {}\n", i, app.places[i].directory);
  return text;
}

}  // namespace bench
