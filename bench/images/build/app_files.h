#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/images/app/requirements.h"
#include "bench/images/build/dockerfile.h"

namespace bench {

/// The lines of a .dockerignore, with Docker's rules: relative to the top, `**` for any depth, `!` takes
/// back, the last match decides. What lies in a directory shares its fate until a later line names it.
class IgnoreRules {
 public:
  explicit IgnoreRules(std::string_view text);
  [[nodiscard]] bool ignored(const std::string& relative) const;

  /// Whether a `!` line can mean something below this directory, which is ignored itself.
  [[nodiscard]] bool takes_back_below(const std::string& relative) const;

 private:
  struct Pattern {
    bool negated;
    std::vector<std::string> parts;  ///< between the slashes
  };
  std::vector<Pattern> patterns_;
};

/// Some files of an app, and the directory of the image that they go into.
struct Placement {
  std::string directory;                     ///< absolute
  std::map<std::string, std::string> files;  ///< relative to it → name in the app's directory
};

/// An app directory as it will be put into the images.
struct App {
  std::filesystem::path dir;
  std::vector<std::string> files;  ///< relative, sorted; regular files and symbolic links
  std::string sha256;              ///< over names, kinds, execute bits and contents of the files
  AppConfig config;
  std::vector<Placement> places;
  std::string requirements_text;          ///< requirements.txt as it is, for pip
  std::vector<Requirement> requirements;  ///< of the distribution's packages; none with another base
  std::vector<std::string>
      requirement_notes;  ///< one line each: what of them was not taken as it was written
};

/// Throws Error{kUsage} when there is no such directory or nothing in it that `flask run` would find: cheap,
/// for the beginning, when nothing has been started yet. `distribution`: its packages have to do, so that
/// what the app asks for and no package can be is refused too. With another base pip reads that.
void require_app(const std::filesystem::path& dir, bool distribution = true);

/// Reads a backend directory. Throws as require_app does.
App read_app(const std::filesystem::path& dir, bool distribution = true);

/// Copies the files, and nothing else, into an empty directory: those of the first place into "0", and so on.
void copy_app(const App& app, const std::filesystem::path& to);

}  // namespace bench
