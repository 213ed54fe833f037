#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Where things live. Every function makes the directory (0700) and throws Error{kIo} if it cannot.

/// Images, a private engine's data, remembered verdicts: BENCH_CACHE_DIR, else $XDG_CACHE_HOME/bench, else
/// ~/.cache/bench. Safe to delete at any time when no run is going.
std::filesystem::path cache_dir();

/// The images that every user of this host may read: BENCH_IMAGE_STORE, else /var/cache/bench. Not made here.
std::filesystem::path shared_image_dir();

/// Sockets, pid files, locks, overlays of running instances: BENCH_STATE_DIR, else $XDG_RUNTIME_DIR/bench
/// where that is this user's,
/// else /run/bench (root), else /tmp/bench-<uid>. Short, since a unix socket's path has at most 107 bytes.
std::filesystem::path state_dir();

/// What outlives runs and restarts: a calibration, proofs of acceleration. BENCH_STATE_DIR/state, else
/// /var/lib/bench for root, else $XDG_STATE_HOME/bench, else ~/.local/state/bench; where that cannot be
/// written cache_dir()/state. For root it is one place whether the run was started by a login shell, sudo,
/// cron or systemd.
std::filesystem::path persistent_dir();

/// persistent_dir()/name. A file that an earlier version kept in `former` is moved there first.
std::filesystem::path persistent_file(const std::string& name, const std::filesystem::path& former);

/// Every directory that may be the state directory of a run of this user, however it was started: state_dir()
/// first. Only directories that exist and are this user's; with BENCH_STATE_DIR that one alone.
std::vector<std::filesystem::path> state_dirs();

/// backend/, results/claims.json and the like: BENCH_DATA_DIR, else the source tree that this was built from.
std::filesystem::path data_dir();

/// Writes `text` to a temporary file beside `path`, flushes it to disk and renames it: never a half file.
/// Its mode is that of any new file: what the umask leaves of 0666.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace bench
