#pragma once

#include <filesystem>
#include <string>

#include "bench/core/run.h"

namespace bench {

/// The run as JSON (schema kRunSchema), two-space indented, keys in the order of the documentation,
/// ending in a newline. The same run gives the same bytes.
std::string to_json(const Run& run);

/// The opposite of to_json. Unknown fields are ignored; a missing required field, a wrong type, another
/// schema or malformed text throws Error{kCorrupt} naming the field and, where known, the byte.
Run run_from_json(const std::string& text);

/// One sample or failure as one line of samples.jsonl (no newline inside; the caller appends it).
std::string to_json_line(const Sample& sample);
std::string to_json_line(const Failure& failure);

/// A run as stored: `path` is run.json or its directory. If run.json is missing or says "interrupted" early
/// but samples.jsonl holds more, the checkpoint's complete lines are taken (a torn last line is dropped).
/// Throws Error{kIo} when there is nothing to read, Error{kCorrupt} when it cannot be understood.
Run load_run(const std::filesystem::path& path);

}  // namespace bench
