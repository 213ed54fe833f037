#include "bench/app/targets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <future>
#include <map>
#include <mutex>
#include <sstream>

#include "bench/app/values.h"
#include "bench/core/error.h"
#include "bench/core/procfs.h"
#include "bench/images/build/app_files.h"

namespace bench {
namespace {

std::string full_name(const DriverRow& row, const std::string& profile) {
  return profile.empty() ? row.name : row.name + ":" + profile;
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
    for (const std::string& profile : row.profiles) known.push_back(full_name(row, profile));
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

}  // namespace

std::vector<TargetName> parse_targets(const std::string& text) {
  std::vector<TargetName> names;
  std::map<std::string, int> seen;
  std::istringstream words(text + ",");  // so that a comma at the end has an empty name after it
  for (std::string word; std::getline(words, word, ',');) {
    if (word.empty()) {
      throw Error(ErrorCode::kUsage, fmt::format("--targets '{}' has an empty name", text),
                  "targets: " + known_targets());
    }
    std::string app;
    if (const std::size_t at = word.find('@'); at != std::string::npos) {
      app = own_app(word, word.substr(at + 1));
      word.resize(at);
    }
    const std::size_t colon = word.find(':');
    const std::string driver = word.substr(0, colon);
    const auto row = std::find_if(driver_table().begin(), driver_table().end(),
                                  [&driver](const DriverRow& candidate) { return candidate.name == driver; });
    if (row == driver_table().end()) {
      throw Error(ErrorCode::kUsage, fmt::format("unknown target '{}'", word),
                  did_you_mean(word, target_words()) + "targets: " + known_targets());
    }
    const std::string profile = colon == std::string::npos ? row->profiles.front() : word.substr(colon + 1);
    if (std::find(row->profiles.begin(), row->profiles.end(), profile) == row->profiles.end()) {
      throw Error(ErrorCode::kUsage, fmt::format("unknown target '{}'", word),
                  did_you_mean(word, target_words()) + "targets: " + known_targets());
    }
    require_built(*row);
    std::string full = full_name(*row, profile);
    if (!app.empty()) full += "@" + std::filesystem::path(app).filename().string();
    const int count = ++seen[full];
    names.push_back({count == 1 ? full : fmt::format("{}#{}", full, count), &*row, profile, app});
  }
  if (names.empty()) throw Error(ErrorCode::kUsage, "--targets names nothing", "targets: " + known_targets());
  return names;
}

void require_apps(const std::vector<TargetName>& names) {
  for (const TargetName& name : names) {
    if (!name.app.empty()) require_app(name.app);
  }
}

std::vector<TargetName> default_targets() {
  std::vector<TargetName> names;
  for (const Kind kind : {Kind::kContainer, Kind::kVm}) {
    const DriverRow* first = nullptr;
    for (const DriverRow& row : driver_table()) {
      if (row.kind == kind && (first == nullptr || (!first->built && row.built))) first = &row;
    }
    if (first == nullptr) continue;
    require_built(*first);
    const std::string& profile = first->profiles.front();
    names.push_back({full_name(*first, profile), first, profile, {}});
  }
  return names;
}

std::vector<TargetName> all_targets() {
  std::vector<TargetName> names;
  for (const DriverRow& row : driver_table()) {
    if (!row.built) continue;
    for (const std::string& profile : row.profiles) {
      names.push_back({full_name(row, profile), &row, profile, {}});
    }
  }
  return names;
}

void leave_out_impossible(OpenRequest& request, bool named) {
  std::map<std::string, std::optional<Warning>> obstacles;
  for (const TargetName& name : request.names) {
    const DriverRow& row = *name.row;
    if (row.obstacle == nullptr || obstacles.contains(row.name)) continue;
    const auto obstacle = obstacles[row.name] = row.obstacle(request.driver);
    if (!obstacle) continue;
    if (named) {
      throw Error(ErrorCode::kUnavailable, fmt::format("{}: {}", name.name, obstacle->text),
                  obstacle->remedy);
    }
    request.warnings.push_back(
        {fmt::format("{} is left out: {}", row.name, obstacle->text), obstacle->remedy});
  }
  std::erase_if(request.names, [&](const TargetName& name) {
    const auto found = obstacles.find(name.row->name);
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
    auto [entry, fresh] = requests.try_emplace(name.app, common);
    ImageRequest& request = entry->second;
    if (fresh) {
      request.container = false;
      request.vm_profiles.clear();
      if (!name.app.empty()) request.app = name.app;
    }
    auto& profiles = request.vm_profiles;
    if (name.row->kind == Kind::kContainer) {
      request.container = true;
    } else if (std::find(profiles.begin(), profiles.end(), name.profile) == profiles.end()) {
      profiles.push_back(name.profile);
    }
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

OpenTargets open_targets(const OpenRequest& request, Ui& ui, const std::stop_token& stop) {
  OpenTargets open;
  open.warnings = request.warnings;
  std::mutex ui_mutex;
  const auto progress = [&](const std::string& text) {
    const std::lock_guard lock(ui_mutex);
    ui.step(text);
  };

  std::map<std::string, std::size_t> driver_index;
  for (const TargetName& name : request.names) {
    if (driver_index.contains(name.row->name)) continue;
    driver_index[name.row->name] = open.drivers.size();
    DriverOptions options = request.driver;
    options.progress = progress;
    options.stop = stop;
    open.drivers.push_back(name.row->make(options));
  }

  // The first word with each engine, side by side: a daemon of our own takes a second or two to start. An
  // engine that is not there is known before minutes are spent on images.
  std::vector<std::future<void>> asked;
  for (const auto& [driver_name, index] : driver_index) {
    const auto named =
        std::find_if(request.names.begin(), request.names.end(),
                     [&driver = driver_name](const TargetName& name) { return name.row->name == driver; });
    asked.push_back(
        std::async(std::launch::async, [&, driver = open.drivers[index].get(), profile = named->profile] {
          driver->info(profile);
          for (const std::string& name : remove_leftovers(*driver))
            progress("removed a leftover of a killed run: " + name);
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
  if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while opening the engines");

  std::map<std::string, std::shared_ptr<const ImageSet>> sets;  // by app
  for (auto& [app, images] : image_requests(request.names, request.images)) {
    images.progress = progress;
    sets[app] = std::make_shared<const ImageSet>(prepare_images(images, stop));
  }
  for (const TargetName& name : request.names) {
    const std::shared_ptr<const ImageSet>& set = sets[name.app];
    Driver& driver = *open.drivers[driver_index[name.row->name]];
    Target target;
    target.driver = &driver;
    target.images = set;
    target.info.name = name.name;
    target.info.driver = name.row->name;
    target.info.profile = name.profile;
    target.info.app = name.app;
    target.info.cpus = request.cpus;
    target.info.memory_bytes = request.memory_bytes;
    target.info.image = driver.prepare(*set, name.profile, stop);
    // After prepare: only now is an acceleration proven.
    const DriverInfo info = driver.info(name.profile);
    target.info.kind = info.kind;
    target.info.engine_name = info.engine_name;
    target.info.engine_version = info.engine_version;
    target.info.engine = info.engine;
    target.info.acceleration = info.acceleration;
    for (const Warning& warning : info.warnings) {
      if (std::find(open.warnings.begin(), open.warnings.end(), warning) == open.warnings.end()) {
        open.warnings.push_back(warning);
      }
    }
    open.targets.push_back(std::move(target));
  }
  return open;
}

}  // namespace bench
