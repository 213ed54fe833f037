#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bench/commands/all_commands.h"
#include "bench/commands/run_files.h"
#include "bench/core/error.h"
#include "drivers/driver.h"
#include "scenarios/scenario.h"

namespace bench {
namespace {

using nlohmann::ordered_json;

ordered_json scenarios() {
  ordered_json rows = ordered_json::array();
  for (const ScenarioRow& row : scenario_table())
    rows.push_back({{"name", row.name}, {"summary", row.summary}});
  return rows;
}

ordered_json metrics() {
  ordered_json rows = ordered_json::array();
  for (const ScenarioRow& scenario : scenario_table()) {
    for (const MetricRow& row : scenario.metrics) {
      rows.push_back({{"name", row.name}, {"unit", row.unit}, {"summary", row.summary}});
    }
  }
  return rows;
}

ordered_json targets() {
  ordered_json rows = ordered_json::array();
  for (const DriverRow& row : driver_table()) {
    for (const std::string& profile : row.profiles) {
      rows.push_back({{"name", profile.empty() ? row.name : row.name + ":" + profile},
                      {"kind", row.kind},
                      {"built", row.built},
                      {"summary", row.built ? row.summary : "not in this build: " + row.left_out}});
    }
  }
  return rows;
}

std::string as_text(const ordered_json& rows) {
  std::string text;
  for (const auto& row : rows) {
    std::string middle;
    if (row.contains("unit")) middle = fmt::format("{:<9}", row["unit"].get<std::string>());
    if (row.contains("kind")) middle = fmt::format("{:<10}", row["kind"].get<std::string>());
    text += fmt::format("{:<20} {}{}\n", row["name"].get<std::string>(), middle,
                        row["summary"].get<std::string>());
  }
  return text;
}

}  // namespace

void add_list(CLI::App& app, CommandContext&) {
  CLI::App* command = app.add_subcommand("list", "what there is: scenarios, targets, metrics");
  struct Options {
    std::string what;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("what", options->what, "scenarios | targets | metrics")
      ->required()
      ->check(CLI::IsMember({"scenarios", "targets", "metrics"}));
  command->add_flag("--json", options->json, "as JSON");
  command->footer("Examples:\n  bench list targets\n  bench list metrics --json | jq -r '.[].name'");
  command->callback([options] {
    const ordered_json rows = options->what == "scenarios" ? scenarios()
                              : options->what == "targets" ? targets()
                                                           : metrics();
    print_out(options->json ? rows.dump(2) + "\n" : as_text(rows));
  });
}

}  // namespace bench
