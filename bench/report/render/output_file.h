#pragma once

#include <string>

namespace bench {

/// A file of a report.
struct OutputFile {
  std::string path;  ///< relative to the report's folder; empty: for stdout only
  std::string bytes;
};

}  // namespace bench
