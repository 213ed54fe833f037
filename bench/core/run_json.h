#pragma once

#include <filesystem>
#include <string>

#include "bench/core/run.h"

namespace bench {

/// The run as JSON (schema kRunSchema), two-space indented, one line per record of the long lists, keys in
/// the order of the documentation, ending in a newline. The same run gives the same bytes. Throws
/// Error{kCorrupt} when a sample's value is not a finite number, since JSON cannot hold it.
std::string to_json(const Run& run);

/// The opposite of to_json. Unknown fields are ignored; a missing required field, a wrong type, another
/// schema or malformed text throws Error{kCorrupt} naming the field and, where known, the byte.
Run run_from_json(const std::string& text);

/// The first line of samples.jsonl: the schema and the run without its records, so that a run whose run.json
/// was never written can be had from the checkpoint alone (no newline inside; the caller appends it).
std::string checkpoint_header(const Run& run);

/// One sample or failure as one line of samples.jsonl (no newline inside; the caller appends it).
std::string to_json_line(const Sample& sample);
std::string to_json_line(const Failure& failure);

/// A run as stored: `path` is run.json or its directory. If run.json is missing, or is not "complete" and
/// samples.jsonl holds more, the checkpoint's complete lines are taken (a torn last line is dropped) and the
/// run is "interrupted"; what is derived is then left out, to be derived again.
/// Throws Error{kIo} when there is nothing to read, Error{kCorrupt} when it cannot be understood.
Run load_run(const std::filesystem::path& path);

}  // namespace bench
