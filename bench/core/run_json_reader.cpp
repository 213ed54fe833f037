#include "bench/core/run_json_reader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/base/error.h"
#include "bench/base/lists.h"
#include "bench/core/claims_json.h"
#include "bench/core/first_metrics.h"
#include "bench/core/json_node.h"

namespace bench {
namespace {

using Json = nlohmann::json;
using Node = JsonNode;

constexpr const char* kRunRemedy = "restore the file from where it came, or run again";

/// A word of an enumeration.
template <Spoken Value>
Value word(const Node& node, const char* key) {
  const Node at = node.at(key);
  const std::optional<Value> value = from_text<Value>(at.text());
  if (!value) at.fail(fmt::format("\"{}\" is none of: {}", at.text(), all_words<Value>()));
  return *value;
}

bool flag(const Node& node, const char* key) {
  return node.has(key) && node.at(key).boolean();
}

MetricSpec read_metric(const Node& node) {
  return {.name = node.at("name").text(),
          .unit = word<Unit>(node, "unit"),
          .role = word<Role>(node, "role"),
          .summary = text_or_unknown(node, "summary"),
          .better = word<Better>(node, "better"),
          .manner = word<Manner>(node, "manner"),
          .exact = flag(node, "exact"),
          .needs_hardware = flag(node, "needs_hardware"),
          .same_stop = flag(node, "same_stop"),
          .gated = flag(node, "gated"),
          .prominent = flag(node, "prominent"),
          .threshold = optional_number(node, "threshold"),
          .part_of = text_or_unknown(node, "part_of"),
          .slope_of = text_or_unknown(node, "slope_of"),
          .cpu_of = text_or_unknown(node, "cpu_of"),
          .column = text_or_unknown(node, "column"),
          .words = text_or_unknown(node, "words"),
          .subject = text_or_unknown(node, "subject"),
          .beside = text_or_unknown(node, "beside")};
}

/// Declarations once had no words for a headline; those of the first scenarios are known.
void complete(ScenarioSpec& scenario) {
  const ScenarioSpec* known =
      find_where(first_scenarios(), [&](const ScenarioSpec& first) { return first.name == scenario.name; });
  if (known == nullptr) return;
  scenario.headline = known->headline;
  scenario.trial = known->trial;
  scenario.table = known->table;
  scenario.reading = known->reading;
  for (MetricSpec& spec : scenario.metrics) {
    const MetricSpec* first = find_metric(*known, spec.name);
    if (first == nullptr) continue;
    spec.cpu_of = first->cpu_of;
    spec.beside = first->beside;
  }
}

ScenarioSpec read_scenario(const Node& node) {
  ScenarioSpec scenario{.name = node.at("name").text(),
                        .title = text_or_unknown(node, "title"),
                        .summary = text_or_unknown(node, "summary"),
                        .metrics = {},
                        .trial = text_or_unknown(node, "trial"),
                        .table = text_or_unknown(node, "table")};
  if (node.has("headline")) {
    const Node words = node.at("headline");
    scenario.headline = {.about = text_or_unknown(words, "about"),
                         .verb = text_or_unknown(words, "verb"),
                         .again = text_or_unknown(words, "again"),
                         .after = text_or_unknown(words, "after")};
  }
  if (node.has("reading")) {
    node.at("reading").each([&](const Node& note) { scenario.reading.push_back(note.text()); });
  }
  node.at("metrics").each([&](const Node& item) { scenario.metrics.push_back(read_metric(item)); });
  if (!node.has("headline")) complete(scenario);
  return scenario;
}

std::map<std::string, std::string> read_words(const Node& node) {
  std::map<std::string, std::string> words;
  for (const std::string& key : node.keys()) words.emplace(key, node.at(key.c_str()).text());
  return words;
}

Traits read_traits(const Node& node) {
  return {.kernel = word<KernelOf>(node, "kernel"),
          .boundary = word<Boundary>(node, "boundary"),
          .firmware = flag(node, "firmware"),
          .serial_console = flag(node, "serial_console"),
          .polite_stop = flag(node, "polite_stop"),
          .stop_resolution = optional_number(node, "stop_resolution"),
          .roles = read_words(node.at("roles"))};
}

ImageSource read_source(const Node& node) {
  ImageSource source{.kind = word<SourceKind>(node, "kind"),
                     .reference = text_or_unknown(node, "reference"),
                     .digest = text_or_unknown(node, "digest"),
                     .rootfs_sha256 = text_or_unknown(node, "rootfs_sha256"),
                     .instrumentation = word<Instrumentation>(node, "instrumentation"),
                     .notes = {}};
  if (node.has("notes")) {
    node.at("notes").each([&](const Node& note) { source.notes.push_back(note.text()); });
  }
  if (node.has("builder")) source.builder = node.at("builder").text();
  return source;
}

TargetInfo read_target(const Node& node) {
  TargetInfo target;
  target.name = node.at("name").text();
  target.kind = word<Kind>(node, "kind");
  target.driver = node.at("driver").text();
  target.profile = node.at("profile").text();
  if (node.has("parameters")) target.parameters = read_words(node.at("parameters"));
  if (node.has("env")) target.env = read_words(node.at("env"));
  const Node engine = node.at("engine");
  target.engine_name = text_or_unknown(engine, "name");
  target.engine_version = text_or_unknown(engine, "version");
  target.engine = engine.facts({"name", "version"});
  target.acceleration = word<Acceleration>(node, "acceleration");
  target.traits = node.has("traits") ? read_traits(node.at("traits"))
                                     : traits_of_old_run(target.kind, target.acceleration, target.profile);
  target.cpus = node.has("cpus") ? node.at("cpus").small() : 0;
  target.memory_bytes = optional_integer(node, "memory_bytes").value_or(0);
  target.image = node.at("image").facts();
  target.app = text_or_unknown(node, "app");
  if (node.has("source")) target.source = read_source(node.at("source"));
  const Node same = node.at("equivalence");
  same.expect_object();
  target.equivalence = {.app_sha256 = optional_text(same, "app_sha256"),
                        .python = optional_text(same, "python"),
                        .flask = optional_text(same, "flask"),
                        .kernel = optional_text(same, "kernel"),
                        .cpus = optional_integer(same, "cpus"),
                        .memory_bytes = optional_integer(same, "memory_bytes"),
                        .rootfs_sha256 = optional_text(same, "rootfs_sha256"),
                        .command = optional_text(same, "command"),
                        .environment = optional_text(same, "environment"),
                        .user = optional_text(same, "user"),
                        .workdir = optional_text(same, "workdir"),
                        .limits = optional_text(same, "limits")};
  return target;
}

Sample read_sample(const Node& node) {
  return {.scenario = node.at("scenario").text(),
          .target = node.at("target").text(),
          .metric = node.at("metric").text(),
          .unit = word<Unit>(node, "unit"),
          .value = node.at("value").number(),
          .round = node.at("round").small(),
          .position = node.at("position").small(),
          .warmup = node.at("warmup").boolean(),
          .resolution = optional_number(node, "resolution"),
          .at = optional_number(node, "at")};
}

Failure read_failure(const Node& node) {
  return {.scenario = node.at("scenario").text(),
          .target = node.at("target").text(),
          .round = node.at("round").small(),
          .warmup = node.has("warmup") && node.at("warmup").boolean(),
          .phase = node.at("phase").text(),
          .message = node.at("message").text(),
          .censored_at = optional_number(node, "censored_at")};
}

Summary read_summary(const Node& node) {
  return {.scenario = node.at("scenario").text(),
          .target = node.at("target").text(),
          .metric = node.at("metric").text(),
          .unit = word<Unit>(node, "unit"),
          .n = node.at("n").small(),
          .failures = node.at("failures").small(),
          .median = node.at("median").number(),
          .mean = node.at("mean").number(),
          .stddev = optional_number(node, "stddev"),
          .min = node.at("min").number(),
          .max = node.at("max").number(),
          .p95 = optional_number(node, "p95"),
          .ci95 = optional_interval(node, "ci95"),
          .outliers = node.at("outliers").small()};
}

Comparison read_comparison(const Node& node) {
  return {.scenario = node.at("scenario").text(),
          .metric = node.at("metric").text(),
          .a = node.at("a").text(),
          .b = node.at("b").text(),
          .ratio = node.at("ratio").number(),
          .ci95 = optional_interval(node, "ci95"),
          .shift = node.at("shift").number(),
          .verdict = word<Verdict>(node, "verdict"),
          .why = text_or_unknown(node, "why"),
          .detectable = optional_number(node, "detectable"),
          .n = node.at("n").small()};
}

ClaimFinding read_finding(const Node& node) {
  return {.metric = node.at("metric").text(),
          .a = node.at("a").text(),
          .b = node.at("b").text(),
          .ratio = optional_number(node, "ratio"),
          .share = optional_number(node, "share"),
          .ci95 = optional_interval(node, "ci95"),
          .n = node.at("n").small(),
          .exact = flag(node, "exact"),
          .verdict = word<ClaimVerdict>(node, "verdict"),
          .why = text_or_unknown(node, "why")};
}

Claim read_claim(const Node& node) {
  Claim claim{.id = node.at("id").text(),
              .sentence = node.at("sentence").text(),
              .verdict = word<ClaimVerdict>(node, "verdict"),
              .ratio = optional_number(node, "ratio"),
              .ci95 = optional_interval(node, "ci95"),
              .why = text_or_unknown(node, "why"),
              .kind = node.has("kind") ? word<ClaimKind>(node, "kind") : ClaimKind::kNone,
              .metric = text_or_unknown(node, "metric"),
              .a = text_or_unknown(node, "a"),
              .b = text_or_unknown(node, "b"),
              .share = optional_number(node, "share"),
              .threshold = optional_number(node, "threshold"),
              .n = node.has("n") ? node.at("n").small() : 0,
              .exact = flag(node, "exact"),
              .conditions = text_or_unknown(node, "conditions"),
              .settle = text_or_unknown(node, "settle")};
  if (node.has("findings")) {
    node.at("findings").each([&](const Node& item) { claim.findings.push_back(read_finding(item)); });
  }
  return claim;
}

template <typename Record>
void read_list(const Node& node, const char* key, std::vector<Record>& into, Record (*read)(const Node&)) {
  node.at(key).each([&](const Node& item) { into.push_back(read(item)); });
}

void check_schema(const Node& node) {
  const Node schema = node.at("schema");
  if (schema.text() != kRunSchema) {
    schema.fail(fmt::format("this file is \"{}\", this program reads \"{}\"", schema.text(), kRunSchema));
  }
}

/// The part that run.json and the checkpoint's header share.
Run read_head(const Node& node) {
  check_schema(node);
  Run run;
  run.run_id = node.at("run_id").text();
  const Node suite = node.at("suite");
  run.suite_version = text_or_unknown(suite, "version");
  run.suite_commit = text_or_unknown(suite, "commit");
  node.at("command").each([&](const Node& word) { run.command.push_back(word.text()); });
  run.seed = node.at("seed").natural();
  run.started_at = text_or_unknown(node, "started_at");
  run.finished_at = text_or_unknown(node, "finished_at");
  run.status = word<RunStatus>(node, "status");
  run.stopped_by = text_or_unknown(node, "stopped_by");
  run.rounds = node.has("rounds") ? node.at("rounds").small() : 0;
  run.warmup_rounds = node.has("warmup_rounds") ? node.at("warmup_rounds").small() : 0;
  run.wall_seconds = optional_number(node, "wall_seconds").value_or(0);
  run.trials_seconds = optional_number(node, "trials_seconds").value_or(0);
  if (node.has("conditions")) {
    run.conditions = node.at("conditions").facts();
  }
  const Node environment = node.at("environment");
  if (environment.has("host")) {
    const Node host = environment.at("host");
    run.environment.host = Host{host.at("id").text(), text_or_unknown(host, "name")};
  }
  run.environment.fingerprint = environment.at("fingerprint").facts();
  run.environment.volatile_ = environment.at("volatile").facts();
  environment.at("warnings").each([&](const Node& warning) {
    run.environment.warnings.push_back({warning.at("text").text(), text_or_unknown(warning, "remedy")});
  });
  if (node.has("scenarios")) read_list(node, "scenarios", run.scenarios, read_scenario);
  run.baseline = text_or_unknown(node, "baseline");
  read_list(node, "targets", run.targets, read_target);
  if (node.has("claim_definitions")) {
    read_list(node, "claim_definitions", run.claim_definitions, read_claim_definition);
  }
  return run;
}

}  // namespace

Run read_run(const std::string& text, const std::string& origin) {
  const JsonOrigin from{origin, kRunRemedy};
  const Json json = parse_json(text, from);
  const Node node(json, from);
  Run run = read_head(node);
  read_list(node, "samples", run.samples, read_sample);
  read_list(node, "failures", run.failures, read_failure);
  // What is derived may have been deleted; it can be had again from the samples.
  if (node.has("summaries")) {
    read_list(node, "summaries", run.summaries, read_summary);
  }
  if (node.has("comparisons")) {
    read_list(node, "comparisons", run.comparisons, read_comparison);
  }
  if (node.has("claims")) {
    read_list(node, "claims", run.claims, read_claim);
  }
  return run;
}

Run read_checkpoint(const std::string& text, const std::string& origin) {
  Run run;
  bool have_header = false;
  std::size_t line_number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t newline = text.find('\n', start);
    const std::size_t end = newline == std::string::npos ? text.size() : newline;
    const std::string_view line(text.data() + start, end - start);
    start = end + 1;
    const JsonOrigin from{fmt::format("{}:{}", origin, ++line_number), kRunRemedy};
    Json json;
    try {
      json = parse_json(line, from);
    } catch (const Error&) {
      if (newline == std::string::npos && have_header) {
        break;  // the process ended while it wrote this line
      }
      throw;
    }
    const Node node(json, from);
    if (!have_header) {
      check_schema(node);
      run = read_head(node.at("run"));
      have_header = true;
    } else if (node.has("sample")) {
      run.samples.push_back(read_sample(node.at("sample")));
    } else if (node.has("failure")) {
      run.failures.push_back(read_failure(node.at("failure")));
    } else {
      node.fail("expected a sample or a failure");
    }
  }
  if (!have_header) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: empty: nothing was measured", origin), "run again");
  }
  run.status = RunStatus::kInterrupted;
  return run;
}

}  // namespace bench
