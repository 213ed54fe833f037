#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/images/app/app_text.h"
#include "bench/images/app/run_line.h"
#include "bench/images/app/start_command.h"

namespace bench {

/// An app's files as an image may hold them, and how they are read. No names: what there is, is not known.
struct AppListing {
  std::vector<std::string> names;  ///< relative, sorted
  AppReader read;
};

/// What a Dockerfile says of the image that it makes: its last stage, with what that one takes from others.
struct DockerImage {
  DockerVariables env;
  std::string workdir;  ///< empty: it names none but the root, over which no app is laid
  std::string stop_signal;
  DockerCommand entrypoint, command;
  int command_line = 0;                      ///< of CMD, else of ENTRYPOINT; 0: there is neither
  std::map<std::string, std::string> files;  ///< absolute path → name in the app's directory
  bool copies = false;                       ///< whether anything of the app's directory is copied
  Installs installs;
  std::vector<std::string> notes;  ///< what is not done as it is written
  DockerVariables variables;       ///< with the arguments
};

/// Whether a path of the image's is not kept: what is there while it is built is gone when it starts.
bool passing_place(const std::string& path);

/// Where an app goes for which its Dockerfile names no place.
inline constexpr const char* kDefaultWorkdir = "/backend-flask";

/// Throws Error{kUsage} that names the line which cannot be honoured.
DockerImage read_stages(std::string_view dockerfile, const AppListing& app);

}  // namespace bench
