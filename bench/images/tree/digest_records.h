#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/images/tree/digest.h"

namespace bench {

/// One file of a tree, as digest.h says it.
struct DigestRecord {
  std::string path;  ///< relative; "" is the top
  mode_t mode = 0;   ///< with the type
  std::uint32_t uid = 0, gid = 0;
  std::string inside;  ///< SHA-256, target or major:minor
  std::map<std::string, std::string> xattrs;
};

/// Collects records in any order.
class DigestRecords {
 public:
  void add(const DigestRecord& record);
  /// A regular file's contents, to be counted once.
  void count_bytes(std::int64_t bytes) { bytes_ += bytes; }
  /// The digest; once.
  TreeDigest result();

 private:
  std::vector<std::pair<std::string, std::string>> records_;  ///< path and the whole record
  std::string lost_and_found_;                                ///< its record, where it is as mke2fs makes it
  std::int64_t bytes_ = 0;
};

}  // namespace bench
