#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/app/ui.h"
#include "bench/images/build/images.h"
#include "bench/measure/stopwatch.h"
#include "drivers/driver.h"

namespace bench {

/// A target as the user named it.
struct TargetName {
  std::string name;  ///< unique: a repeated one gets "#2", "#3", …
  const DriverRow* row = nullptr;
  TargetSpec spec;                                  ///< with its profile, and with the whole path of its app
  Artefact artefact = Artefact::kContainerArchive;  ///< what its driver starts
  Variables env{};                                  ///< of its app alone
};

/// Written forms → names. Throws Error{kUsage} for unknown drivers, profiles and parameters (naming those
/// that there are), for a value that a parameter cannot have and for an app that is no directory, and
/// Error{kUnavailable} for a driver that was left out of this build.
std::vector<TargetName> parse_targets(const std::vector<std::string>& texts);

/// The name in `names` of the target that somebody has written in one word: a target that sets variables is
/// named by their digests. A word that is none of them comes back as it is.
std::string target_called(const std::string& written, const std::vector<std::string>& names);

/// The name of the target that the others are held against. Throws Error{kUsage} when it is none of
/// `targets`.
void require_baseline(const std::string& baseline, const std::vector<std::string>& targets);
std::vector<std::string> names_of(const std::vector<TargetName>& targets);
std::vector<std::string> names_of(const Run& run);

/// One container engine and one VM profile, in the order of the drivers' table: of those that are built.
std::vector<TargetName> default_targets();

/// Every target of every driver that is built.
std::vector<TargetName> all_targets();

/// Drivers that answer, and the targets made with them. The drivers outlive the targets.
struct OpenTargets {
  std::vector<std::unique_ptr<Driver>> drivers;
  std::vector<Target> targets;
  std::vector<Warning> warnings;
};

struct OpenRequest {
  std::vector<TargetName> names;
  int cpus = 1;
  std::int64_t memory_bytes = 0;
  DriverOptions driver;
  Variables env;                  ///< of the app, on every target
  ImageRequest images;            ///< its artefacts are set from the names
  std::vector<Warning> warnings;  ///< what is known before anything is opened: who was left out, and why
};

/// Throws Error{kUsage} for a target whose own app is none that can be run, or not with the request's base.
void require_apps(const OpenRequest& request);

/// What this host cannot do is found out here, before an image is built. A target that was `named` throws
/// Error{kUnavailable}; of the others those that can do nothing are left out with a warning, and it throws
/// when none remains.
void leave_out_impossible(OpenRequest& request, bool named);

/// What has to be built for these targets: one request for each app, "" being the run's.
std::map<std::string, ImageRequest> image_requests(const std::vector<TargetName>& names,
                                                   const ImageRequest& common);

/// Makes one driver for each of the settings that its targets ask for, removes what dead owners left,
/// prepares the images (building what is missing) and makes them known to the engines; the drivers side by
/// side. `ui` outlives them. Throws the first error.
OpenTargets open_targets(const OpenRequest& request, Ui& ui, const std::stop_token& stop);

/// True when a process with that pid and start time lives.
bool owner_lives(const Ownership& owner);

/// Who we are, for the labels.
Ownership own_ownership(const std::string& run_id);

/// Removes the instances of owners that are dead (or of everyone with `all`). Returns their names.
std::vector<std::string> remove_leftovers(Driver& driver, bool all = false);

}  // namespace bench
