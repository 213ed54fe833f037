#include "bench/app/run/run_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/app/any_image.h"
#include "bench/app/app_variables.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/images/any/any_image.h"
#include "bench/images/build/app_files.h"

namespace bench {

std::optional<AnyImage> TargetOptions::any_image() const {
  const TargetOptions nothing;
  if (image.empty()) {
    const char* alone = port                       ? "--port"
                        : kernel != nothing.kernel ? "--kernel"
                        : !modules.empty()         ? "--modules"
                        : pull != nothing.pull     ? "--pull"
                                                   : nullptr;
    if (alone == nullptr) return std::nullopt;
    throw Error(ErrorCode::kUsage, fmt::format("{} says something of an image, and there is none", alone),
                "name one: --image REF");
  }
  if (!app.empty() || base != nothing.base) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} and --image both say what is measured", app.empty() ? "--base" : "--app"),
                "leave one of them out");
  }
  AnyImage any{.reference = image, .kernel = kernel, .modules = modules, .port = port};
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
