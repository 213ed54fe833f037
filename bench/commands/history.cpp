#include "bench/history/history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bench/app/run/run_files.h"
#include "bench/app/stored/history_hosts.h"
#include "bench/app/stored/stored_runs.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/commands/all_commands.h"
#include "bench/history/pins.h"
#include "bench/report/render/table.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

using Json = nlohmann::ordered_json;

struct HistoryOptions {
  std::filesystem::path directory = "results";
  std::size_t last = 30;
  std::string pin, host;
  bool json = false;
};

std::string pins_of(const std::map<std::string, std::string>& pins, const std::string& path) {
  std::string names;
  for (const auto& [name, run] : pins) {
    if (run == path) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

void list_history(const HistoryOptions& options, Ui& ui) {
  if (!options.pin.empty()) {
    const std::size_t equals = options.pin.find('=');
    if (equals == std::string::npos || equals + 1 == options.pin.size()) {
      throw Error(ErrorCode::kUsage, "--pin takes NAME=RUN",
                  "--pin release-1=results/20260131T120000Z-startup");
    }
    pin(options.directory, options.pin.substr(0, equals), options.pin.substr(equals + 1));
    ui.step(fmt::format("pinned {}", options.pin));
  }
  History history = open_history(options.directory, ui);
  const std::vector<RunHost> hosts = hosts_to_show(history, options.directory, options.host, ui);
  history.choose(hosts);
  const auto pins = load_pins(options.directory);
  const std::vector<RunRow> rows = history.runs(options.last);
  if (options.json) {
    Json json = Json::array();
    for (const RunRow& row : rows) {
      json.push_back({{"path", row.path},
                      {"run_id", row.run_id},
                      {"started_at", row.started_at},
                      {"status", to_text(row.status)},
                      {"scenarios", row.scenarios},
                      {"targets", row.targets},
                      {"rounds", row.rounds},
                      {"failures", row.failures},
                      {"host", row.host.id.empty() ? Json(nullptr)
                                                   : Json({{"id", row.host.id}, {"name", row.host.name}})},
                      {"pinned", pins_of(pins, row.path)}});
    }
    print_out(json.dump(2) + "\n");
    return;
  }
  TextTable table;
  table.header = {"started", "run", "status", "rounds", "failed", "scenarios", "targets", "pinned"};
  table.align = "lllrrlll";
  for (const RunRow& row : rows) {
    table.rows.push_back(
        {one_line(row.started_at), one_line(row.path), to_text(row.status), std::to_string(row.rounds),
         std::to_string(row.failures), one_line(fmt::format("{}", fmt::join(row.scenarios, ","))),
         one_line(fmt::format("{}", fmt::join(row.targets, ","))), one_line(pins_of(pins, row.path))});
  }
  if (hosts.size() > 1) {
    table.header.emplace_back("host");
    table.align += "l";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      table.rows[i].push_back(one_line(host_words(rows[i].host)));
    }
  }
  const std::size_t count = history.count();
  if (rows.size() < count)
    table.notes.push_back(fmt::format("the latest {} of {} runs; all: --last 0", rows.size(), count));
  if (hosts.size() == 1 && options.host.empty()) {
    if (std::string others = others_left_out(history, hosts.front()); !others.empty()) {
      table.notes.push_back(others + "; all: --host all");
    }
  }
  print_out(count == 0 ? fmt::format("no runs in {}\n", options.directory.string()) : console_table(table));
}

}  // namespace

void add_history(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("history", "the stored runs of a directory, oldest first");
  auto options = std::make_shared<HistoryOptions>();
  command->add_option("--history", options->directory, "the directory that holds the runs")
      ->capture_default_str();
  command->add_option("--last", options->last, "how many; 0: all")
      ->check(not_negative)
      ->capture_default_str();
  command->add_option("--host", options->host, kHostHelp)->check(not_empty);
  command->add_option("--pin", options->pin, "NAME=RUN: give a run a name, for bench gate --baseline NAME");
  command->add_flag("--json", options->json, "as JSON");
  command->footer(
      "Examples:\n"
      "  bench history\n"
      "  bench history --history nightly --last 0 --json | jq -r '.[] | select(.failures > 0) | .path'\n"
      "  bench history --history /mnt/shared/nightly --host lab-2\n"
      "  bench history --pin release-1=results/20260131T120000Z-startup\n\n"
      "The run files are the truth; an index of them is kept up to date on a disk of this host, and may be "
      "deleted.");
  command->callback([options, &context] { list_history(*options, context.ui); });
}

}  // namespace bench
