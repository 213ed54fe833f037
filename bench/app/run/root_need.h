#pragma once

#include <filesystem>
#include <list>

#include "bench/app/context.h"
#include "bench/app/targets.h"
#include "bench/base/give_back.h"

namespace bench {

/// What only root can do for this request.
struct RootNeed {
  bool images = false;    ///< build one that is in no store
  bool engine = false;    ///< use a container engine, or start one
  bool weighing = false;  ///< build the variants by which images are weighed
  /// "NAME=value": by which root finds the engines that this user has. "env=NAME": a variable of the app that
  /// this user's environment has.
  std::vector<std::string> settings;

  [[nodiscard]] bool any() const { return images || engine || weighing; }
};

/// Of this user; nothing for root. Starts and builds nothing.
RootNeed root_need(const OpenRequest& request, bool with_engines, bool weighs);

/// For `bench --needs-root COMMAND`, which scripts/bench asks before it runs the command itself: the
/// settings, and the exit code kNeedsRoot or kOk. So who must be root is decided in one place.
int answer_root_need(const RootNeed& need);

/// What root leaves in a user's cache becomes the user's: images, overlays, libvirt's files. An engine's data
/// stay root's.
class GiveBackCache {
 public:
  GiveBackCache();

 private:
  std::list<GiveBack> parts_;
};

}  // namespace bench
