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
#include "bench/app/app_variables.h"
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

TargetName parsed_target(const std::string& written) {
  TargetName name;
  name.spec = parse_target(written);
  const std::string text = without_set_values(written);
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
  name.env = target_variables(name.spec.env, fmt::format("target '{}'", text));
  TargetSpec shown = name.spec;
  shown.env = names_with_digests(name.env);
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
      throw Error(ErrorCode::kUsage,
                  without_set_values(fmt::format("--targets '{}' has an empty name", fmt::join(texts, ","))),
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

std::string target_called(const std::string& written, const std::vector<std::string>& names) {
  const bool named = std::find(names.begin(), names.end(), written) != names.end();
  return named || written.find("env.") == std::string::npos ? written : parsed_target(written).name;
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

void require_apps(const OpenRequest& request) {
  for (const TargetName& name : request.names) {
    if (!name.spec.app.empty()) require_app(name.spec.app, request.images.base == ImageRequest().base);
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

}  // namespace bench
