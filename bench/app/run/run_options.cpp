#include "bench/app/run/run_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/app/any_image.h"
#include "bench/app/app_variables.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/images/any/any_image.h"
#include "bench/images/any/builder.h"
#include "bench/images/build/app_files.h"

namespace bench {

namespace {

/// Throws for an option that says something of what is not there.
void require_nothing_of(const char* option, const char* of, const char* remedy) {
  if (option == nullptr) return;
  throw Error(ErrorCode::kUsage, fmt::format("{} says something of {}, and there is none", option, of),
              remedy);
}

}  // namespace

std::optional<AnyImage> TargetOptions::any_image() const {
  const TargetOptions nothing;
  if (build.dir.empty()) {
    const char* alone = !build.dockerfile.empty()                ? "--dockerfile"
                        : !build.arguments.empty()               ? "--build-arg"
                        : !build.target.empty()                  ? "--target"
                        : build.builder != nothing.build.builder ? "--builder"
                                                                 : nullptr;
    require_nothing_of(alone, "a build", "name the directory with the Dockerfile: --build DIR");
  }
  if (!as_it_is()) {
    const char* alone = port                       ? "--port"
                        : kernel != nothing.kernel ? "--kernel"
                        : !modules.empty()         ? "--modules"
                        : pull != nothing.pull     ? "--pull"
                                                   : nullptr;
    require_nothing_of(alone, "an image", "name one: --image REF or --build DIR");
    return std::nullopt;
  }
  const bool builds = !build.dir.empty();
  const char* other = !app.empty()               ? "--app"
                      : base != nothing.base     ? "--base"
                      : builds && !image.empty() ? "--image"
                                                 : nullptr;
  if (other != nullptr) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} and {} both say what is measured", other, builds ? "--build" : "--image"),
                "leave one of them out");
  }
  AnyImage any{.reference = image, .kernel = kernel, .modules = modules, .port = port};
  if (builds) {
    if (pull != nothing.pull) {
      throw Error(ErrorCode::kUsage, "--pull says something of an image's name, and --build has none",
                  "leave it out: the builder fetches what FROM names");
    }
    any.build = checked_build(build);
    any.reference = name_of(*any.build);
  }
  any.pull = from_text<Pull>(pull).value_or(any.pull);  // its words were checked where they were read
  require_any_image(any);
  return any;
}

OpenRequest TargetOptions::request(bool everything) const {
  OpenRequest request;
  if (!targets.empty()) {
    request.names = parse_targets(targets);
  } else {
    request.names = everything ? all_targets() : default_targets();
  }
  request.cpus = require_cpus(std::to_string(cpus), "--cpus");
  request.memory_bytes = require_memory(memory, "--memory");
  if (!app.empty() && !std::filesystem::is_directory(app)) {
    throw Error(ErrorCode::kUsage, fmt::format("--app {} is not a directory", app.string()),
                "name the directory that holds the backend's app.py");
  }
  if (!app.empty()) require_app(app, base == ImageRequest().base);
  request.images.app = app;
  request.images.image = any_image();
  request.images.base = base;
  request.driver.accel = accel;
  request.driver.connect = connect;
  leave_out_imageless(request, !targets.empty());
  leave_out_impossible(request, !targets.empty());
  return request;
}

bool RunOptions::everything() const {
  return std::find(scenarios.begin(), scenarios.end(), "all") != scenarios.end();
}

OpenRequest RunOptions::request() const {
  OpenRequest request = target.request(everything());
  request.env = given_variables(env, env_files);
  for (const TargetName& name : request.names) {
    if (request.images.image && name.spec.app.empty()) continue;
    require_startable(request.env, "--env");
    require_startable(name.env, fmt::format("target '{}'", name.name));
  }
  require_apps(request);
  const std::vector<std::string> names = names_of(request.names);
  require_baseline(baseline.empty() ? baseline : target_called(baseline, names), names);
  return request;
}

}  // namespace bench
