#include "bench/app/run/root_need.h"

#include <unistd.h>

#include <cstdlib>
#include <set>

#include "bench/app/any_image.h"
#include "bench/app/run/run_files.h"
#include "bench/base/paths.h"

namespace bench {

RootNeed root_need(const OpenRequest& request, bool with_engines, bool weighs) {
  RootNeed need;
  if (geteuid() == 0) return need;
  need.weighing = weighs;
  for (const auto& [app, images] : image_requests(request.names, request.images)) {
    // An image as it is needs no root to be started by its engine, only to become a disk.
    const bool files_of_others = !images.image || images.artefacts != std::set{Artefact::kContainerArchive};
    need.images = need.images || images.shared || (files_of_others && !set_ready(images));
  }
  // What the app gets from this environment, root's has not.
  Variables variables = request.env;
  for (const TargetName& name : request.names) variables.insert(name.env.begin(), name.env.end());
  for (const auto& [name, value] : variables) {
    if (std::getenv(name.c_str()) != nullptr) need.settings.push_back("env=" + name);
  }
  std::set<std::string> asked;
  for (const TargetName& name : request.names) {
    if (!with_engines || name.row->access == nullptr || !asked.insert(name.row->name).second) continue;
    const EngineAccess access = name.row->access();
    need.engine = need.engine || access.by_root_only;
    if (!access.setting.empty()) need.settings.push_back(access.setting);
  }
  return need;
}

int answer_root_need(const RootNeed& need) {
  for (const std::string& setting : need.settings) print_out(setting + "\n");
  return need.any() ? exit_code::kNeedsRoot : exit_code::kOk;
}

GiveBackCache::GiveBackCache() {
  if (geteuid() != 0) return;
  const std::filesystem::path cache = cache_dir();
  for (const char* part : {"images", "overlays", "libvirt"}) {
    parts_.emplace_back(cache / part, GiveBack::Otherwise::kRoots);
  }
}

}  // namespace bench
