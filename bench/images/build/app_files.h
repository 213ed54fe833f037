#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/images/build/dockerfile.h"
#include "bench/images/build/requirements.h"

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

/// An app directory as it will be put into the images.
struct App {
  std::filesystem::path dir;
  std::vector<std::string> files;  ///< relative, sorted; regular files and symbolic links
  std::string sha256;              ///< over names, kinds, execute bits and contents of the files
  AppConfig config;
  std::string requirements_text;
  std::vector<Requirement> requirements;
};

/// Throws Error{kUsage} when there is no such directory or nothing in it that `flask run` would find: cheap,
/// for the beginning, when nothing has been started yet.
void require_app(const std::filesystem::path& dir);

/// Reads a backend directory. Throws as require_app does.
App read_app(const std::filesystem::path& dir);

/// Copies the files, and nothing else, into an empty directory.
void copy_app(const App& app, const std::filesystem::path& to);

}  // namespace bench
