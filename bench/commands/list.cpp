#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/app/run/run_files.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/commands/all_commands.h"
#include "bench/core/claims.h"
#include "bench/measure/scenario.h"
#include "drivers/driver.h"

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
    for (const MetricSpec& row : scenario.metrics) {
      rows.push_back({{"name", row.name}, {"unit", to_text(row.unit)}, {"summary", row.summary}});
    }
  }
  return rows;
}

std::string values_of(const ParameterSpec& spec) {
  switch (spec.form) {
    case ParameterForm::kWord:
      return fmt::format("{}", fmt::join(spec.values, "|"));
    case ParameterForm::kWholeNumber:
      return "N";
    case ParameterForm::kBytes:
      return "BYTES";
  }
  return {};
}

ordered_json parameters(const DriverRow& row) {
  ordered_json rows = ordered_json::array();
  for (const auto* specs : {&row.parameters, &common_parameters()}) {
    for (const ParameterSpec& spec : *specs) {
      rows.push_back({{"key", spec.key}, {"values", values_of(spec)}, {"summary", spec.words}});
    }
  }
  return rows;
}

ordered_json targets() {
  ordered_json rows = ordered_json::array();
  for (const DriverRow& row : driver_table()) {
    for (const Profile& profile : row.profiles) {
      rows.push_back({{"name", to_text(TargetSpec{row.name, profile.name, {}, {}})},
                      {"kind", to_text(family_of(row.traits))},
                      {"built", row.built},
                      {"summary", row.built ? row.summary : "not in this build: " + row.left_out},
                      {"parameters", parameters(row)}});
    }
  }
  return rows;
}

/// "size.transfer, size.disk: container lower than vm by at least 2×"
std::string rule_text(const ClaimDefinition& claim) {
  if (!claim.not_measured.empty()) return "not measured: " + claim.not_measured;
  const std::string metrics = fmt::format("{}", fmt::join(claim.metrics, ", "));
  if (!claim.explained_by.empty()) {
    return fmt::format("{}: {:.0f} % of what {} has more than {} is {}", metrics, claim.share * 100,
                       claim.against, claim.side, fmt::join(claim.explained_by, ", "));
  }
  return fmt::format("{}: {} {} than {} by at least {:.3g}×", metrics, claim.side, claim.direction,
                     claim.against, claim.factor);
}

std::string claims_text(const std::vector<ClaimDefinition>& claims) {
  std::string text;
  for (const ClaimDefinition& claim : claims) {
    text += fmt::format("{:<14} {}\n{:<14} {}\n", claim.id, claim.sentence, "", rule_text(claim));
  }
  return text;
}

std::string rows_text(const ordered_json& rows) {
  std::size_t width = 19;
  for (const auto& row : rows) width = std::max(width, row["name"].get<std::string>().size());
  std::string text;
  for (const auto& row : rows) {
    std::string middle;
    if (row.contains("unit")) middle = fmt::format("{:<11}", row["unit"].get<std::string>());
    if (row.contains("kind")) middle = fmt::format("{:<10}", row["kind"].get<std::string>());
    text += fmt::format("{:<{}} {}{}\n", row["name"].get<std::string>(), width, middle,
                        row["summary"].get<std::string>());
    if (!row.contains("parameters")) continue;
    for (const auto& one : row["parameters"]) {
      const std::string written =
          fmt::format("?{}={}", one["key"].get<std::string>(), one["values"].get<std::string>());
      text += fmt::format("  {:<{}} {}\n", written, width + 8, one["summary"].get<std::string>());
    }
  }
  return text;
}

}  // namespace

void add_list(CLI::App& app, CommandContext&) {
  CLI::App* command = app.add_subcommand("list", "what there is: scenarios, targets, metrics, claims");
  struct Options {
    std::string what;
    bool json = false;
    std::vector<std::filesystem::path> claims;
  };
  auto options = std::make_shared<Options>();
  command->add_option("what", options->what, "scenarios | targets | metrics | claims")
      ->required()
      ->check(one_of({"scenarios", "targets", "metrics", "claims"}));
  command->add_flag("--json", options->json, "as JSON");
  command->add_option("--claims", options->claims, "with claims: a file of yours beside the built-in ones");
  command->footer(
      "Examples:\n  bench list targets\n  bench list metrics --json | jq -r '.[].name'\n"
      "  bench list claims --json > mine.json      a file to begin with, for --claims");
  command->callback([options] {
    if (options->what == "claims" || !options->claims.empty()) {
      const std::vector<ClaimDefinition> claims = chosen_claims({}, options->claims);
      print_out(options->json ? claims_json(claims) : claims_text(claims));
      return;
    }
    const ordered_json rows = options->what == "scenarios" ? scenarios()
                              : options->what == "targets" ? targets()
                                                           : metrics();
    print_out(options->json ? rows.dump(2) + "\n" : rows_text(rows));
  });
}

}  // namespace bench
