#pragma once

#include <string>

#include "bench/core/run.h"

namespace bench {

/// The reading half of run_json: strict, and every error names `origin` (the file) and the field.
/// Throws Error{kCorrupt}.
Run read_run(const std::string& text, const std::string& origin);

/// A run from the lines of samples.jsonl: the header, then samples and failures. A torn last line is dropped,
/// a bad line anywhere else is an error. The result is "interrupted".
Run read_checkpoint(const std::string& text, const std::string& origin);

}  // namespace bench
