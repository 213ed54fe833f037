#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <mutex>

#include "bench/app/any_image.h"
#include "bench/app/app_variables.h"
#include "bench/app/targets.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/procfs.h"

namespace bench {
namespace {

/// The parameters that the driver itself acts on; the others say how large an instance is.
Parameters driver_parameters(const TargetName& name) {
  Parameters own = name.spec.parameters;
  for (const ParameterSpec& common : common_parameters()) own.erase(common.key);
  return own;
}

/// Targets that can share one instance of a driver have the same key.
std::string engine_key(const TargetName& name) {
  return to_text(TargetSpec{name.row->name, {}, driver_parameters(name), {}});
}

DriverOptions driver_options(const OpenRequest& request, const TargetName& name) {
  DriverOptions options = request.driver;
  options.parameters = driver_parameters(name);
  return options;
}

}  // namespace

void leave_out_impossible(OpenRequest& request, bool named) {
  std::map<std::string, std::optional<Warning>> obstacles;
  for (const TargetName& name : request.names) {
    const DriverRow& row = *name.row;
    const std::string engine = engine_key(name);
    if (row.obstacle == nullptr || obstacles.contains(engine)) continue;
    const auto obstacle = obstacles[engine] = row.obstacle(driver_options(request, name));
    if (!obstacle) continue;
    if (named) {
      throw Error(ErrorCode::kUnavailable, fmt::format("{}: {}", name.name, obstacle->text),
                  obstacle->remedy);
    }
    request.warnings.push_back(
        {fmt::format("{} is left out: {}", row.name, obstacle->text), obstacle->remedy});
  }
  std::erase_if(request.names, [&](const TargetName& name) {
    const auto found = obstacles.find(engine_key(name));
    return found != obstacles.end() && found->second;
  });
  if (request.names.empty()) {
    throw Error(ErrorCode::kUnavailable, "no target can be measured on this host",
                "see what is missing: bench doctor");
  }
}

std::map<std::string, ImageRequest> image_requests(const std::vector<TargetName>& names,
                                                   const ImageRequest& common) {
  std::map<std::string, ImageRequest> requests;
  for (const TargetName& name : names) {
    auto [entry, fresh] = requests.try_emplace(name.spec.app, common);
    ImageRequest& request = entry->second;
    if (fresh) {
      request.artefacts.clear();
      if (!name.spec.app.empty()) {
        request.app = name.spec.app;
        request.image.reset();
      }
    }
    request.artefacts.insert(name.artefact);
  }
  return requests;
}

bool owner_lives(const Ownership& owner) {
  const auto start = process_start_time(owner.pid);
  return start && *start == owner.pid_start;
}

Ownership own_ownership(const std::string& run_id) {
  return {run_id, getpid(), process_start_time(getpid()).value_or(0)};
}

std::vector<std::string> remove_leftovers(Driver& driver, bool all) {
  std::vector<std::string> removed;
  for (const OwnedInstance& instance : driver.owned()) {
    if (!all && owner_lives(instance.owner)) continue;
    driver.remove(instance.id);
    removed.push_back(instance.name);
  }
  return removed;
}

namespace {

using Progress = std::function<void(const std::string&)>;
using Sets = std::map<std::string, std::shared_ptr<const ImageSet>>;  // by app

/// The first word with each engine, side by side: a daemon of our own takes a second or two to start. An
/// engine that is not there is known before minutes are spent on images.
void ask_engines(const std::vector<std::pair<Driver*, std::string>>& engines, const Progress& progress) {
  std::vector<std::future<void>> asked;
  for (const auto& [engine, with_profile] : engines) {
    asked.push_back(std::async(std::launch::async, [&progress, driver = engine, profile = with_profile] {
      driver->info(profile);
      for (const std::string& name : remove_leftovers(*driver)) {
        progress("removed a leftover of a killed run: " + name);
      }
    }));
  }
  std::exception_ptr first_error;
  for (auto& answer : asked) {
    try {
      answer.get();
    } catch (...) {
      if (!first_error) first_error = std::current_exception();
    }
  }
  if (first_error) std::rethrow_exception(first_error);
}

/// One driver for each key; drivers of one engine share what it allows only one of.
std::map<std::string, Driver*> open_engines(const OpenRequest& request, const Progress& progress,
                                            const std::stop_token& stop, OpenTargets& open) {
  std::map<std::string, Driver*> drivers;
  std::vector<std::pair<Driver*, std::string>> engines;
  for (const TargetName& name : request.names) {
    Driver*& driver = drivers[engine_key(name)];
    if (driver != nullptr) continue;
    DriverOptions options = driver_options(request, name);
    options.progress = progress;
    options.stop = stop;
    open.drivers.push_back(name.row->make(options));
    driver = open.drivers.back().get();
    engines.emplace_back(driver, name.spec.profile);
  }
  ask_engines(engines, progress);
  if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while opening the engines");
  return drivers;
}

Sets build_images(const OpenRequest& request, const Progress& progress, const std::stop_token& stop) {
  Sets sets;
  for (auto& [app, images] : image_requests(request.names, request.images)) {
    images.progress = progress;
    sets[app] = std::make_shared<const ImageSet>(prepare_set(images, stop));
  }
  return sets;
}

Target describe_target(const OpenRequest& request, const TargetName& name, Driver& driver,
                       const std::shared_ptr<const ImageSet>& set, const std::stop_token& stop,
                       std::vector<Warning>& warnings) {
  Target target;
  target.driver = &driver;
  target.images = set;
  target.artefact = name.artefact;
  TargetInfo& about = target.info;
  about.name = name.name;
  about.driver = name.row->name;
  about.profile = name.spec.profile;
  about.parameters = name.spec.parameters;
  about.app = name.spec.app;
  about.cpus = request.cpus;
  about.memory_bytes = request.memory_bytes;
  const auto& given = name.spec.parameters;
  if (const auto cpus = given.find("cpus"); cpus != given.end())
    about.cpus = require_cpus(cpus->second, "cpus");
  if (const auto memory = given.find("memory"); memory != given.end()) {
    about.memory_bytes = require_memory(memory->second, "memory");
  }
  about.source = source_of(*set, name.artefact);
  warn_of_notes(name.spec.app, about.source, warnings);
  target.env = request.env;
  for (const auto& [variable, value] : name.env) target.env[variable] = value;
  about.env = digests_of(target.env);
  about.image = driver.prepare(*set, name.spec.profile, stop);
  // After prepare: only now is an acceleration proven.
  const DriverInfo info = driver.info(name.spec.profile);
  about.traits = info.traits;
  about.kind = family_of(info.traits);
  about.engine_name = info.engine_name;
  about.engine_version = info.engine_version;
  about.engine = info.engine;
  about.acceleration = info.acceleration;
  for (const Warning& warning : info.warnings) {
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
  }
  return target;
}

}  // namespace

OpenTargets open_targets(const OpenRequest& request, Ui& ui, const std::stop_token& stop) {
  OpenTargets open;
  open.warnings = request.warnings;
  // The drivers keep it for as long as they live.
  const Progress progress = [&ui, one_at_a_time = std::make_shared<std::mutex>()](const std::string& text) {
    const std::lock_guard lock(*one_at_a_time);
    ui.step(text);
  };
  const std::map<std::string, Driver*> drivers = open_engines(request, progress, stop, open);
  OpenRequest found = request;
  if (found.images.image) {
    std::vector<std::pair<const DriverRow*, Driver*>> engines;
    for (const TargetName& name : request.names) engines.emplace_back(name.row, drivers.at(engine_key(name)));
    find_in_engine(*found.images.image, engines, open.drivers, request.driver, progress, stop);
  }
  const Sets sets = build_images(found, progress, stop);
  for (const TargetName& name : request.names) {
    open.targets.push_back(describe_target(request, name, *drivers.at(engine_key(name)),
                                           sets.at(name.spec.app), stop, open.warnings));
  }
  return open;
}

}  // namespace bench
