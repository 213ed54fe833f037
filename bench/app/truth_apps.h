#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/app/targets.h"

namespace bench {

/// The apps of the known truths: backend/truths of the data directory, `ballast` as a copy in which
/// kTruthBytes of noise lie, which no compression makes smaller. The same bytes every time, so that its
/// images are found again.
class TruthApps {
 public:
  /// Makes the copy in the state directory, over what a killed run left there. Under the RunLock. Throws
  /// Error{kIo}, also where the data directory has no such apps.
  TruthApps();
  /// Removes the copy.
  ~TruthApps();
  TruthApps(const TruthApps&) = delete;
  TruthApps& operator=(const TruthApps&) = delete;

  /// Each target with each of the apps: docker@plain, docker@delay, docker@ballast.
  [[nodiscard]] std::vector<TargetName> targets(const std::vector<TargetName>& names) const;

 private:
  std::map<std::string, std::filesystem::path> apps_;
};

/// Removes what a killed `bench calibrate` left of them; true where there was something.
bool remove_truth_apps();

}  // namespace bench
