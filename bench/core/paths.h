#pragma once

#include <filesystem>
#include <string_view>

namespace bench {

/// Where things live. Every function makes the directory (0700) and throws Error{kIo} if it cannot.

/// Images, a private engine's data, remembered verdicts: BENCH_CACHE_DIR, else $XDG_CACHE_HOME/bench, else
/// ~/.cache/bench. Safe to delete at any time when no run is going.
std::filesystem::path cache_dir();

/// Sockets, pid files, locks, overlays of running instances: BENCH_STATE_DIR, else $XDG_RUNTIME_DIR/bench,
/// else /run/bench (root), else /tmp/bench-<uid>. Short, since a unix socket's path has at most 107 bytes.
std::filesystem::path state_dir();

/// backend/, results/claims.json and the like: BENCH_DATA_DIR, else the source tree that this was built from.
std::filesystem::path data_dir();

/// Writes `text` to a temporary file beside `path`, flushes it to disk and renames it: never a half file.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace bench
