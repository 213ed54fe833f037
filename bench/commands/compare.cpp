#include "bench/stats/judge/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "bench/app/run/run_files.h"
#include "bench/app/stored/stored_runs.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/json_number.h"
#include "bench/commands/all_commands.h"
#include "bench/history/conditions.h"
#include "bench/report/render/table.h"
#include "bench/report/view/numbers.h"
#include "bench/stats/judge/comparable.h"

namespace bench {
namespace {

using Json = nlohmann::ordered_json;
using Names = std::pair<std::string, std::string>;

struct CompareOptions {
  std::filesystem::path a, b;
  std::string targets, format = "console";
  bool matrix = false, force = false, all = false, strict = false, fail_on_regression = false;
};

/// What is compared: two runs, or two targets of one.
struct Question {
  Run a, b;
  bool one_run = false;
  std::vector<Names> targets;
};

const TargetInfo& target_of(const Run& run, const std::string& name) {
  if (const TargetInfo* target = find_target(run, name)) return *target;
  std::vector<std::string> known;
  for (const TargetInfo& target : run.targets) known.push_back(target.name);
  throw Error(ErrorCode::kUsage, fmt::format("run {} has no target '{}'", run.run_id, name),
              did_you_mean(name, known) + fmt::format("its targets: {}", fmt::join(known, ", ")));
}

Question ask(const CompareOptions& options) {
  Question question;
  question.a = load_derived(options.a);
  question.one_run = options.b.empty();
  question.b = question.one_run ? question.a : load_derived(options.b);
  if (options.matrix) {
    const auto& targets = question.a.targets;
    for (auto a = targets.begin(); a != targets.end(); ++a) {
      for (auto b = a + 1; b != targets.end(); ++b) question.targets.emplace_back(a->name, b->name);
    }
    if (question.targets.empty()) {
      throw Error(ErrorCode::kUsage, "a run of one target has no pairs",
                  "name a second run: bench compare A B");
    }
    return question;
  }
  if (!options.targets.empty()) {
    const std::size_t comma = options.targets.find(',');
    const std::string first = options.targets.substr(0, comma);
    const std::string second = comma == std::string::npos ? first : options.targets.substr(comma + 1);
    target_of(question.a, first);
    target_of(question.b, second);
    if (question.one_run && first == second) {
      throw Error(ErrorCode::kUsage, "a target of one run is not compared with itself",
                  "name two: --targets docker,libvirt:direct");
    }
    question.targets.emplace_back(first, second);
    return question;
  }
  if (question.one_run) {
    throw Error(ErrorCode::kUsage, "one run has no second one to be compared with",
                "name it (bench compare A B), or two targets of this one: --targets docker,libvirt:direct, "
                "or --matrix");
  }
  for (const TargetInfo& target : question.a.targets) {
    if (find_target(question.b, target.name) != nullptr)
      question.targets.emplace_back(target.name, target.name);
  }
  if (question.targets.empty()) {
    throw Error(ErrorCode::kUsage, "the two runs have no target in common",
                "say which to compare: --targets TARGET_OF_A,TARGET_OF_B");
  }
  return question;
}

struct Answers {
  std::vector<Comparison> comparisons;
  std::vector<Refusal> refused;
};

Answers answers(const Question& question, bool all) {
  Answers found;
  for (const auto& [name_a, name_b] : question.targets) {
    const TargetInfo& a = target_of(question.a, name_a);
    const TargetInfo& b = target_of(question.b, name_b);
    for (const Summary& summary : question.a.summaries) {
      if (summary.target != name_a || (!all && !is_result(spec_of(question.a, summary.metric)))) {
        continue;
      }
      auto result = question.one_run
                        ? compare(question.a, summary.scenario, summary.metric, a, b)
                        : compare_runs(question.a, a, question.b, b, summary.scenario, summary.metric);
      if (result) {
        found.comparisons.push_back(*std::move(result));
        continue;
      }
      const Run& run_b = question.one_run ? question.a : question.b;
      std::string why = no_ratio(spec_of(question.a, summary.metric), {question.a, a}, {run_b, b});
      if (!why.empty())
        found.refused.push_back({summary.scenario, summary.metric, name_a, name_b, std::move(why)});
    }
  }
  return found;
}

std::string median_text(const Summary* summary, const Scale& scale) {
  return summary == nullptr ? "–" : with_unit(summary->median, scale);
}

TextTable comparison_rows(const Question& question, const std::vector<Comparison>& results) {
  TextTable table;
  table.header = {"metric", "target", "A", "B", "B/A", "95 % interval", "verdict", "could see", "why"};
  table.align = "llrrrrlrl";
  for (const Comparison& result : results) {
    const Summary* a = find_summary(question.a, result.scenario, result.a, result.metric);
    const Summary* b = find_summary(question.b, result.scenario, result.b, result.metric);
    std::vector<double> values;
    for (const Summary* summary : {a, b}) {
      if (summary != nullptr) values.push_back(summary->median);
    }
    const Scale scale = scale_for(a != nullptr ? a->unit : Unit::kNone, values);
    table.rows.push_back({result.metric,
                          one_line(result.a == result.b ? result.a : result.b + " / " + result.a),
                          median_text(a, scale), median_text(b, scale), ratio_text(result.ratio),
                          result.ci95 ? ratio_bracket(*result.ci95) : "–", to_text(result.verdict),
                          result.detectable ? percent_text(*result.detectable) : "–", one_line(result.why)});
  }
  return table;
}

Json json_of(const Question& question, const Answers& found, const std::vector<Difference>& differ,
             bool forced) {
  Json json;
  json["schema"] = "bench.compare/1";
  json["a"] = question.a.run_id;
  json["b"] = question.b.run_id;
  json["forced"] = forced;
  json["differences"] = Json::array();
  for (const Difference& row : differ) {
    json["differences"].push_back({{"what", row.what},
                                   {"a", row.a},
                                   {"b", row.b},
                                   {"in_words", row.in_words},
                                   {"forbids", row.forbids}});
  }
  json["comparisons"] = Json::array();
  for (const Comparison& row : found.comparisons) {
    json["comparisons"].push_back(
        {{"scenario", row.scenario},
         {"metric", row.metric},
         {"a", row.a},
         {"b", row.b},
         {"ratio", row.ratio},
         {"ci95", row.ci95 ? Json::array({row.ci95->low, row.ci95->high}) : Json(nullptr)},
         {"shift", row.shift},
         {"verdict", to_text(row.verdict)},
         {"detectable", number_or_null(row.detectable)},
         {"n", row.n},
         {"why", row.why}});
  }
  json["refused"] = Json::array();
  for (const Refusal& row : found.refused) {
    json["refused"].push_back(
        {{"scenario", row.scenario}, {"metric", row.metric}, {"a", row.a}, {"b", row.b}, {"why", row.why}});
  }
  return json;
}

std::vector<std::string> explanations(const Question& question, const std::vector<Difference>& differ) {
  std::vector<std::string> lines;
  lines.reserve(differ.size());
  for (const Difference& row : differ) {
    lines.push_back((row.forbids ? "other conditions: " : "") + one_line(row.in_words));
  }
  if (lines.empty() && !question.one_run) {
    lines.emplace_back("nothing that was recorded differs: what changed was not recorded, or it is noise");
  }
  return lines;
}

std::string text_of(const Question& question, const Answers& found, const std::vector<Difference>& differ,
                    bool markdown) {
  const std::string head = question.targets.size() > 1 && question.one_run
                               ? fmt::format("{}: every pair of its targets", question.a.run_id)
                           : question.one_run
                               ? fmt::format("{}: A is {}, B is {}", question.a.run_id,
                                             question.targets[0].first, question.targets[0].second)
                               : fmt::format("A: {} ({})   B: {} ({})", question.a.run_id,
                                             question.a.started_at, question.b.run_id, question.b.started_at);
  std::string text = (markdown ? "# Comparison\n\n" : "") + one_line(head) + "\n" + (markdown ? "\n" : "");
  TextTable table = comparison_rows(question, found.comparisons);
  for (const Refusal& row : found.refused) {
    table.notes.push_back(fmt::format("{}, {}: no ratio: {}", row.metric,
                                      one_line(row.a == row.b ? row.a : row.b + " / " + row.a),
                                      one_line(row.why)));
  }
  text += table.rows.empty() && table.notes.empty() ? "no metric in common\n"
          : markdown                                ? markdown_table(table)
                                                    : console_table(table);
  const std::vector<std::string> lines = explanations(question, differ);
  if (!lines.empty()) text += markdown ? "\n## Why they may differ\n\n" : "Why they may differ\n";
  for (const std::string& line : lines) text += (markdown ? "- " : "  ") + line + "\n";
  return text;
}

bool is_worse(const Question& question, const Comparison& result) {
  if (result.verdict == Verdict::kSlower) return true;
  return result.verdict == Verdict::kLarger && spec_of(question.a, result.metric).better != Better::kHigher;
}

int compare_command(const CompareOptions& options, Ui& ui) {
  const Question question = ask(options);
  const std::vector<Difference> differ =
      question.one_run ? std::vector<Difference>() : differences(question.a, question.b, question.targets);
  const bool forbidden =
      std::any_of(differ.begin(), differ.end(), [](const Difference& row) { return row.forbids; });
  if (forbidden && !options.force) {
    std::string what;
    for (const Difference& row : differ) {
      if (row.forbids) what += "\n  " + one_line(row.in_words);
    }
    const std::string says = "these two runs were measured under different conditions:" + what;
    const char* remedy = "a ratio would mix them with what changed; --force compares all the same";
    if (!options.strict) throw Error(ErrorCode::kUsage, says, remedy);
    ui.error(says, remedy);
    return exit_code::kInconclusive;
  }
  const Answers found = answers(question, options.all);
  const std::vector<Comparison>& results = found.comparisons;
  print_out(options.format == "json" ? json_of(question, found, differ, forbidden).dump(2) + "\n"
                                     : text_of(question, found, differ, options.format == "md"));
  if (results.empty()) return exit_code::kCouldNotMeasure;
  if (options.fail_on_regression && std::any_of(results.begin(), results.end(), [&](const Comparison& row) {
        return is_worse(question, row);
      })) {
    return exit_code::kRegression;
  }
  const bool unanswered =
      !found.refused.empty() || std::any_of(results.begin(), results.end(), [](const Comparison& row) {
        return row.verdict == Verdict::kInconclusive || row.verdict == Verdict::kNotComparable;
      });
  return options.strict && unanswered ? exit_code::kInconclusive : exit_code::kOk;
}

}  // namespace

void add_compare(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("compare", "two stored runs, or two targets of one, side by side");
  auto options = std::make_shared<CompareOptions>();
  command->add_option("A", options->a, "a run: its directory or run.json")->required();
  command->add_option("B", options->b, "another run; none: --targets names two targets of A");
  command->add_option("--targets", options->targets,
                      "T: only this one; T,U: T of A against U of B (or of A)");
  command->add_flag("--matrix", options->matrix, "every pair of targets of one run")
      ->excludes("B")
      ->excludes("--targets");
  command->add_option("--format", options->format, "console, md, json")
      ->check(one_of({"console", "md", "json"}))
      ->capture_default_str();
  command->add_flag("--all", options->all, "every metric: phases and parts too");
  command->add_flag("--force", options->force, "compare runs whose conditions differ, and list what differs");
  command->add_flag("--fail-on-regression", options->fail_on_regression,
                    "exit 1 when something is slower or larger");
  command->add_flag("--strict", options->strict, "exit 4 when a verdict is inconclusive or not comparable");
  command->footer(
      "Examples:\n"
      "  bench compare results/before results/after\n"
      "  bench compare results/before results/after --fail-on-regression --strict\n"
      "  bench compare results/today --targets docker,libvirt:direct --format md\n"
      "  bench compare results/today --matrix\n\n"
      "Exit: 0 compared, 1 regression (if asked), 2 usage, 3 nothing to compare, 4 inconclusive or not "
      "comparable "
      "(with --strict).");
  command->callback([options, &context] { context.exit_code = compare_command(*options, context.ui); });
}

}  // namespace bench
