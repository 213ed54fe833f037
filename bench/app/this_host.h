#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bench/core/run.h"
#include "bench/history/hosts.h"

namespace bench {

/// What systemd calls a machine; empty where it has no such id. A secret of the machine's: never stored.
std::string machine_id(const std::filesystem::path& sysroot = "/");

/// Which host this is. BENCH_HOST=NAME says it; else the host's name together with its machine-id, of which a
/// digest is stored: machines that were cloned have the same machine-id, and machines that have the same name
/// have another. Absent where nothing lasts: a container whose name was made up when it was started. Throws
/// Error{kUsage} for a BENCH_HOST that is no name. `sysroot` is where etc/ and proc/ are looked for.
std::optional<Host> this_host(const std::filesystem::path& sysroot = "/");

/// The same with the kind of machine that this is, to find its runs.
RunHost this_host_of_runs();

}  // namespace bench
