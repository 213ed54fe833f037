#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/app/ui.h"
#include "bench/history/history.h"

namespace bench {

/// What --host says, for the help.
inline constexpr const char* kHostHelp = "whose runs: a host's name, or all; default: this host's";

/// The hosts that `word` of --host names, the one with the latest run first: empty for this host, "all" for
/// every one. Where there are only runs of others, looking is still possible: all of them, and a line says
/// so. Throws Error{kUsage} for a name that no run has.
std::vector<RunHost> hosts_to_show(const History& history, const std::filesystem::path& directory,
                                   const std::string& word, Ui& ui);

/// The run that began last, of the hosts that `word` names. Runs of others are never taken for this host's:
/// throws Error{kIo} when there are only such.
std::filesystem::path latest_run(const std::filesystem::path& directory, const std::string& word, Ui& ui);

/// "12 runs of other hosts (lab-1, lab-2) do not count" for all hosts but `own`; empty where there are none.
std::string others_left_out(const History& history, const RunHost& own);

/// Whether runs of named hosts other than `own` are there.
bool is_shared(const History& history, const RunHost& own);

}  // namespace bench
