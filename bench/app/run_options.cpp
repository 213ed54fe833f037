#include "bench/app/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "bench/app/values.h"
#include "bench/core/error.h"
#include "bench/images/build/app_files.h"

namespace bench {

OpenRequest TargetOptions::request(bool everything) const {
  OpenRequest request;
  if (!targets.empty()) {
    request.names = parse_targets(targets);
  } else {
    request.names = everything ? all_targets() : default_targets();
  }
  request.cpus = cpus;
  request.memory_bytes = parse_bytes(memory, "--memory");
  constexpr std::int64_t kLeast = 128LL << 20U;
  if (request.memory_bytes < kLeast) {
    const bool no_unit = memory.find_first_not_of("0123456789.") == std::string::npos;
    throw Error(ErrorCode::kUsage,
                fmt::format("--memory {} is too little for a guest with Python{}", memory,
                            no_unit ? ": it has no unit" : ""),
                no_unit ? fmt::format("did you mean --memory {}M?", memory) : "give at least 128M");
  }
  if (const unsigned host = std::thread::hardware_concurrency();
      host != 0 && static_cast<unsigned>(cpus) > host) {
    throw Error(ErrorCode::kUsage, fmt::format("--cpus {} is more than this host has ({})", cpus, host),
                fmt::format("give at most --cpus {}", host));
  }
  if (!app.empty() && !std::filesystem::is_directory(app)) {
    throw Error(ErrorCode::kUsage, fmt::format("--app {} is not a directory", app.string()),
                "name the directory that holds the backend's app.py");
  }
  if (!app.empty()) require_app(app);
  request.images.app = app;
  request.images.base = base;
  request.driver.accel = accel;
  request.driver.connect = connect;
  leave_out_impossible(request, !targets.empty());
  return request;
}

bool RunOptions::everything() const {
  return std::find(scenarios.begin(), scenarios.end(), "all") != scenarios.end();
}

OpenRequest RunOptions::request() const {
  const OpenRequest request = target.request(everything());
  require_apps(request.names);
  return request;
}

}  // namespace bench
