#include "bench/app/targets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <mutex>

#include "bench/app/any_image.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/procfs.h"
#include "bench/images/build/app_files.h"

namespace bench {
namespace {

/// A target as it comes out of the table, with nothing of its own.
TargetName plain_target(const DriverRow& row, const Profile& profile) {
  const TargetSpec spec{row.name, profile.name, {}, {}};
  return {to_text(spec), &row, spec, profile.needs};
}

/// The app of "TARGET@DIR", with its whole path: a stored run is read elsewhere.
std::string own_app(const std::string& word, const std::string& dir) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(dir, error);
  if (dir.empty() || error || !std::filesystem::is_directory(path)) {
    throw Error(ErrorCode::kUsage, fmt::format("target '{}': {} is not a directory", word, dir),
                "after the @ comes the directory that holds that target's app.py");
  }
  return path.string();
}

std::vector<std::string> target_words() {
  std::vector<std::string> known;
  for (const DriverRow& row : driver_table()) {
    for (const Profile& profile : row.profiles) known.push_back(plain_target(row, profile).name);
  }
  return known;
}

std::string known_targets() {
  return fmt::format("{}", fmt::join(target_words(), ", "));
}

void require_built(const DriverRow& row) {
  if (!row.built) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("this build has no {} driver: {}", row.name, row.left_out),
                fmt::format("install what it needs and build again, or leave {} out of --targets", row.name));
  }
}

std::vector<ParameterSpec> parameters_of(const DriverRow& row) {
  std::vector<ParameterSpec> all = row.parameters;
  all.insert(all.end(), common_parameters().begin(), common_parameters().end());
  return all;
}

void require_value(const std::string& target, const ParameterSpec& spec, const std::string& value) {
  const std::string what = fmt::format("target '{}': {}", target, spec.key);
  switch (spec.form) {
    case ParameterForm::kWord:
      if (std::find(spec.values.begin(), spec.values.end(), value) != spec.values.end()) return;
      throw Error(ErrorCode::kUsage, fmt::format("{} cannot be '{}'", what, value),
                  did_you_mean(value, spec.values) + fmt::format("one of {}", fmt::join(spec.values, ", ")));
    case ParameterForm::kWholeNumber:
      require_cpus(value, what);
      return;
    case ParameterForm::kBytes:
      require_memory(value, what);
      return;
  }
}

void require_parameters(const std::string& target, const DriverRow& row, const Parameters& parameters) {
  const std::vector<ParameterSpec> specs = parameters_of(row);
  std::vector<std::string> known;
  for (const ParameterSpec& spec : specs) known.push_back(spec.key);
  for (const auto& [key, value] : parameters) {
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [&key = key](const ParameterSpec& one) { return one.key == key; });
    if (spec == specs.end()) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("target '{}': {} has no parameter '{}'", target, row.name, key),
                  did_you_mean(key, known) + fmt::format("its parameters: {}", fmt::join(known, ", ")));
    }
    require_value(target, *spec, value);
  }
}

TargetName parsed_target(const std::string& text) {
  TargetName name;
  name.spec = parse_target(text);
  TargetSpec asked{name.spec.driver, name.spec.profile, {}, {}};
  const auto& table = driver_table();
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const DriverRow& candidate) { return candidate.name == asked.driver; });
  const auto unknown = [&] {
    return Error(ErrorCode::kUsage, fmt::format("unknown target '{}'", to_text(asked)),
                 did_you_mean(to_text(asked), target_words()) + "targets: " + known_targets());
  };
  if (row == table.end()) throw unknown();
  const auto profile = std::find_if(row->profiles.begin(), row->profiles.end(), [&](const Profile& one) {
    return asked.profile.empty() || one.name == asked.profile;
  });
  if (profile == row->profiles.end()) throw unknown();
  require_built(*row);
  require_parameters(text, *row, name.spec.parameters);
  name.row = &*row;
  name.artefact = profile->needs;
  name.spec.profile = profile->name;
  TargetSpec shown = name.spec;
  if (!name.spec.app.empty()) {
    name.spec.app = own_app(text, name.spec.app);
    shown.app = std::filesystem::path(name.spec.app).filename().string();
  }
  name.name = to_text(shown);
  return name;
}

}  // namespace

std::vector<TargetName> parse_targets(const std::vector<std::string>& texts) {
  std::vector<TargetName> names;
  std::map<std::string, int> seen;
  for (const std::string& text : texts) {
    if (text.empty()) {
      throw Error(ErrorCode::kUsage, fmt::format("--targets '{}' has an empty name", fmt::join(texts, ",")),
                  "targets: " + known_targets());
    }
    TargetName name = parsed_target(text);
    const int count = ++seen[name.name];
    if (count > 1) name.name += fmt::format("#{}", count);
    names.push_back(std::move(name));
  }
  if (names.empty()) throw Error(ErrorCode::kUsage, "--targets names nothing", "targets: " + known_targets());
  return names;
}

void require_baseline(const std::string& baseline, const std::vector<std::string>& targets) {
  if (baseline.empty() || std::find(targets.begin(), targets.end(), baseline) != targets.end()) return;
  throw Error(ErrorCode::kUsage, fmt::format("--baseline {} is no target of this run", baseline),
              did_you_mean(baseline, targets) + fmt::format("its targets: {}", fmt::join(targets, ", ")));
}

std::vector<std::string> names_of(const std::vector<TargetName>& targets) {
  std::vector<std::string> names;
  for (const TargetName& target : targets) names.push_back(target.name);
  return names;
}

std::vector<std::string> names_of(const Run& run) {
  std::vector<std::string> names;
  for (const TargetInfo& target : run.targets) names.push_back(target.name);
  return names;
}

void require_apps(const std::vector<TargetName>& names) {
  for (const TargetName& name : names) {
    if (!name.spec.app.empty()) require_app(name.spec.app);
  }
}

std::vector<TargetName> default_targets() {
  std::vector<TargetName> names;
  for (const Kind family : {Kind::kContainer, Kind::kVm}) {
    const DriverRow* first = nullptr;
    for (const DriverRow& row : driver_table()) {
      if (family_of(row.traits) == family && (first == nullptr || (!first->built && row.built))) first = &row;
    }
    if (first == nullptr) continue;
    require_built(*first);
    names.push_back(plain_target(*first, first->profiles.front()));
  }
  return names;
}

std::vector<TargetName> all_targets() {
  std::vector<TargetName> names;
  for (const DriverRow& row : driver_table()) {
    if (!row.built) continue;
    for (const Profile& profile : row.profiles) names.push_back(plain_target(row, profile));
  }
  return names;
}

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
