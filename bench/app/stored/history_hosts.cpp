#include "bench/app/stored/history_hosts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bench/app/stored/stored_runs.h"
#include "bench/app/this_host.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr const char* kAll = "all";

/// Each name once, as it may be typed.
std::vector<std::string> names_of(const std::vector<HostRuns>& hosts) {
  std::vector<std::string> names;
  for (const HostRuns& host : hosts) {
    std::string name = one_line(host_words(host.host));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

bool others_are_named(const std::vector<HostRuns>& hosts, const RunHost& own) {
  return std::any_of(hosts.begin(), hosts.end(), [&](const HostRuns& there) {
    return !there.host.id.empty() && there.host.id != own.id;
  });
}

std::vector<HostRuns> others(const std::vector<HostRuns>& hosts, const RunHost& own) {
  std::vector<HostRuns> found;
  const bool shared = others_are_named(hosts, own);
  for (const HostRuns& there : hosts) {
    if (!counts_as(there.host, own, shared)) found.push_back(there);
  }
  return found;
}

std::vector<RunHost> named_hosts(const std::vector<HostRuns>& hosts, const fs::path& directory,
                                 const std::string& word) {
  std::vector<RunHost> found;
  for (const HostRuns& there : hosts) {
    if (word == kAll || there.host.name == word || (!there.host.id.empty() && there.host.id == word)) {
      found.push_back(there.host);
    }
  }
  if (!found.empty() || word == kAll) return found;
  const std::vector<std::string> known = names_of(hosts);
  throw Error(ErrorCode::kUsage, fmt::format("no run in {} is of host '{}'", directory.string(), word),
              did_you_mean(word, known) + (known.empty() ? std::string("there is no run yet")
                                                         : fmt::format("there are runs of: {}; or --host all",
                                                                       fmt::join(known, ", "))));
}

}  // namespace

std::vector<RunHost> hosts_to_show(const History& history, const fs::path& directory, const std::string& word,
                                   Ui& ui) {
  const std::vector<HostRuns> hosts = history.hosts();
  if (!word.empty()) return named_hosts(hosts, directory, word);
  const RunHost here = this_host_of_runs();
  const std::vector<HostRuns> other = others(hosts, here);
  if (hosts.empty() || other.size() < hosts.size()) return {here};
  ui.step(fmt::format("no run of this host ({}) in {}: these are of {}", one_line(host_words(here)),
                      directory.string(), fmt::join(names_of(other), ", ")));
  return named_hosts(hosts, directory, kAll);
}

fs::path latest_run(const fs::path& directory, const std::string& word, Ui& ui) {
  History history = open_history(directory, ui);
  const std::vector<HostRuns> hosts = history.hosts();
  const RunHost here = word.empty() ? this_host_of_runs() : RunHost{};
  history.choose(word.empty() ? std::vector<RunHost>{here} : named_hosts(hosts, directory, word));
  const std::vector<RunRow> rows = history.runs(1);
  if (!rows.empty()) return directory / rows.front().path;
  if (hosts.empty()) {
    throw Error(ErrorCode::kIo, fmt::format("there is no run in {}", directory.string()),
                "measure one first (bench run), or name the directory that holds them with --history DIR");
  }
  throw Error(
      ErrorCode::kIo,
      fmt::format("there is no run of this host ({}) in {}", one_line(host_words(here)), directory.string()),
      fmt::format("there are runs of: {}; choose with --host NAME or --host all, or name a RUN",
                  fmt::join(names_of(hosts), ", ")));
}

std::string others_left_out(const History& history, const RunHost& own) {
  const std::vector<HostRuns> other = others(history.hosts(), own);
  if (other.empty()) return {};
  std::size_t runs = 0;
  for (const HostRuns& there : other) runs += there.runs;
  return fmt::format("{} run{} of other hosts ({}) do not count", runs, runs == 1 ? "" : "s",
                     fmt::join(names_of(other), ", "));
}

bool is_shared(const History& history, const RunHost& own) {
  return others_are_named(history.hosts(), own);
}

}  // namespace bench
