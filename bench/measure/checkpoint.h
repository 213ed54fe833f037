#pragma once

#include <filesystem>
#include <string>

#include "bench/base/fd.h"
#include "bench/core/run.h"

namespace bench {

/// samples.jsonl: what was measured, on disk as it arrives. Its first line is the run without its samples.
/// Every call throws Error{kIo} with a remedy when the file cannot take it (disk full): a sample that could
/// not be kept is not passed over in silence.
class Checkpoint {
 public:
  /// Creates `dir` and the file in it. Throws before anything was measured where they cannot be written.
  Checkpoint(std::filesystem::path dir, const Run& header);

  void append(const Sample& sample);
  void append(const Failure& failure);

  [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }

 private:
  void write_line(std::string line);

  std::filesystem::path dir_;
  std::filesystem::path file_;
  Fd fd_;
};

}  // namespace bench
