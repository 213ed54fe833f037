#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/app/targets.h"
#include "bench/measure/plan.h"

namespace bench {

/// The options that say what is started and how; shared by the commands that start something.
struct TargetOptions {
  std::vector<std::string> targets;  ///< each as parse_targets reads it; none: the default ones
  std::filesystem::path app;         ///< empty: the bundled backend
  std::string base = "distribution";
  std::string image;                           ///< measured as it is; empty: an app
  OwnBuild build;                              ///< an empty directory: nothing is built by a Dockerfile
  std::string pull = to_text(Pull::kMissing);  ///< when the engine fetches it
  std::optional<int> port;
  std::string kernel = "distribution";
  std::filesystem::path modules;
  int cpus = 1;
  std::string memory = "512M";
  std::string accel = "auto";
  std::string connect;

  /// An image is measured as it is: nothing is known of its app.
  [[nodiscard]] bool as_it_is() const { return !image.empty() || !build.dir.empty(); }
  /// Where none are named: the default targets, or with `everything` all that are built. Throws Error{kUsage}
  /// for what makes no sense, and kUnavailable for what this host cannot do.
  [[nodiscard]] OpenRequest request(bool everything = false) const;

 private:
  [[nodiscard]] std::optional<AnyImage> any_image() const;
};

/// `bench run`'s own options.
struct RunOptions {
  std::vector<std::string> scenarios;
  TargetOptions target;
  std::vector<std::string> env;  ///< of the app: "NAME=VALUE", or "NAME" for the value that bench itself has
  std::vector<std::filesystem::path> env_files;
  std::optional<int> rounds;  ///< default: 20; 10 for `all`, which has more to do in each
  int warmup = 1;
  std::string budget;
  std::optional<std::uint64_t> seed;
  bool all_rounds = false;
  std::string timeout;
  std::string ready_path;
  std::optional<int> ready_status;
  std::vector<std::filesystem::path> claims;  ///< files of claims beside the built-in ones
  std::string baseline;  ///< the target that the others are held against; empty: the first container
  std::filesystem::path out;
  std::filesystem::path results = "results";  ///< where a run gets a directory of its own, without `out`
  std::filesystem::path config;               ///< empty: there is none
  bool print_config = false;
  bool no_export = false;  ///< neither exports nor retention: a run beside the scheduled ones
  bool json = false;

  [[nodiscard]] bool everything() const;  ///< "all" is among the scenarios
  /// The targets to open: for `all` every target that is built, unless others are named.
  [[nodiscard]] OpenRequest request() const;
};

}  // namespace bench
