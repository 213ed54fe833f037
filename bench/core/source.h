#pragma once

#include <string>
#include <vector>

#include "bench/core/vocabulary.h"

namespace bench {

/// Where the files of an app come from, and what was added to them.
struct ImageSource {
  SourceKind kind = SourceKind::kDistribution;
  std::string reference;      ///< as the user named it; empty: packages of the distribution
  std::string digest;         ///< "sha256:…" of an image's configuration; empty: it has none
  std::string rootfs_sha256;  ///< over the root file system that the target starts from; empty: not known
  Instrumentation instrumentation = Instrumentation::kFlask;
  std::vector<std::string> notes;  ///< one line each: what was not taken as its author wrote it
  std::string builder{};  ///< of a build: "docker 28.2.2 (BuildKit)"; empty: nothing was built, or not known
  bool operator==(const ImageSource&) const = default;
};

}  // namespace bench
