#include "bench/core/run_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/core/claims_json.h"
#include "bench/core/run_json_reader.h"
#include "bench/core/spec_json.h"

namespace bench {
namespace {

using OrderedJson = nlohmann::ordered_json;

// Facts come from engines and files; bytes that are not UTF-8 must not cost us the run.
std::string dump(const OrderedJson& json, int indent = -1) {
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

OrderedJson known(const std::string& text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

template <typename T>
OrderedJson known(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

/// For quantities that cannot be zero once they are known.
template <typename T>
OrderedJson positive(T value) {
  return value > 0 ? OrderedJson(value) : OrderedJson(nullptr);
}

OrderedJson interval(const std::optional<Interval>& value) {
  return value ? OrderedJson::array({value->low, value->high}) : OrderedJson(nullptr);
}

OrderedJson fact(const Fact& value) {
  return std::visit(
      [](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
          return OrderedJson(nullptr);
        } else {
          return OrderedJson(held);  // a double that is not finite becomes null: unknown
        }
      },
      value);
}

OrderedJson facts(const Facts& values, OrderedJson json = OrderedJson::object()) {
  for (const auto& [key, value] : values) {
    if (!json.contains(key)) {
      json[key] = fact(value);
    }
  }
  return json;
}

OrderedJson warnings(const std::vector<Warning>& values) {
  OrderedJson json = OrderedJson::array();
  for (const Warning& warning : values) {
    json.push_back({{"text", warning.text}, {"remedy", warning.remedy}});
  }
  return json;
}

OrderedJson traits(const Traits& of) {
  OrderedJson json;
  json["kernel"] = to_text(of.kernel);
  json["boundary"] = to_text(of.boundary);
  json["firmware"] = of.firmware;
  json["serial_console"] = of.serial_console;
  json["polite_stop"] = of.polite_stop;
  if (of.stop_resolution) json["stop_resolution"] = *of.stop_resolution;
  json["roles"] = of.roles;
  return json;
}

OrderedJson source(const ImageSource& of) {
  OrderedJson json;
  json["kind"] = to_text(of.kind);
  json["reference"] = known(of.reference);
  json["digest"] = known(of.digest);
  json["rootfs_sha256"] = known(of.rootfs_sha256);
  json["instrumentation"] = to_text(of.instrumentation);
  if (!of.notes.empty()) json["notes"] = of.notes;
  if (!of.builder.empty()) json["builder"] = of.builder;
  return json;
}

OrderedJson target(const TargetInfo& info) {
  const Equivalence& same = info.equivalence;
  OrderedJson json;
  json["name"] = info.name;
  json["kind"] = to_text(info.kind);
  json["driver"] = info.driver;
  json["profile"] = info.profile;
  if (!info.parameters.empty()) json["parameters"] = info.parameters;
  if (!info.env.empty()) json["env"] = info.env;
  json["traits"] = traits(info.traits);
  json["engine"] =
      facts(info.engine, {{"name", known(info.engine_name)}, {"version", known(info.engine_version)}});
  json["acceleration"] = to_text(info.acceleration);
  json["cpus"] = positive(info.cpus);
  json["memory_bytes"] = positive(info.memory_bytes);
  json["image"] = facts(info.image);
  if (!info.app.empty()) {
    json["app"] = info.app;
  }
  json["source"] = source(info.source);
  json["equivalence"] = {{"app_sha256", known(same.app_sha256)},
                         {"python", known(same.python)},
                         {"flask", known(same.flask)},
                         {"kernel", known(same.kernel)},
                         {"rootfs_sha256", known(same.rootfs_sha256)},
                         {"cpus", known(same.cpus)},
                         {"memory_bytes", known(same.memory_bytes)}};
  // Only the program of an image is asked.
  for (const auto& [name, value] : {std::pair{"command", &same.command},
                                    {"environment", &same.environment},
                                    {"user", &same.user},
                                    {"workdir", &same.workdir},
                                    {"limits", &same.limits}}) {
    if (*value) json["equivalence"][name] = **value;
  }
  return json;
}

OrderedJson host(const std::optional<Host>& known_host) {
  if (!known_host) return nullptr;
  return {{"id", known_host->id}, {"name", known_host->name}};
}

/// Everything that is not a long list of records.
OrderedJson head(const Run& run) {
  OrderedJson json;
  json["schema"] = kRunSchema;
  json["run_id"] = run.run_id;
  json["suite"] = {{"version", known(run.suite_version)}, {"commit", known(run.suite_commit)}};
  json["command"] = run.command;
  json["seed"] = run.seed;
  json["started_at"] = known(run.started_at);
  json["finished_at"] = known(run.finished_at);
  json["status"] = to_text(run.status);
  json["stopped_by"] = known(run.stopped_by);
  json["rounds"] = run.rounds;
  json["warmup_rounds"] = run.warmup_rounds;
  json["wall_seconds"] = positive(run.wall_seconds);
  json["trials_seconds"] = positive(run.trials_seconds);
  json["conditions"] = facts(run.conditions);
  json["environment"] = {{"host", host(run.environment.host)},
                         {"fingerprint", facts(run.environment.fingerprint)},
                         {"volatile", facts(run.environment.volatile_)},
                         {"warnings", warnings(run.environment.warnings)}};
  if (!run.scenarios.empty()) {
    json["scenarios"] = OrderedJson::array();
    for (const ScenarioSpec& spec : run.scenarios) json["scenarios"].push_back(spec_json(spec));
  }
  if (!run.baseline.empty()) json["baseline"] = run.baseline;
  json["targets"] = OrderedJson::array();
  for (const TargetInfo& info : run.targets) {
    json["targets"].push_back(target(info));
  }
  json["claim_definitions"] = OrderedJson::array();
  for (const ClaimDefinition& definition : run.claim_definitions) {
    json["claim_definitions"].push_back(claim_definition_json(definition));
  }
  return json;
}

OrderedJson record(const Sample& sample) {
  if (!std::isfinite(sample.value)) {
    throw Error(ErrorCode::kCorrupt, fmt::format("sample {} of {}, round {}: {} is not a finite number",
                                                 sample.metric, sample.target, sample.round, sample.value));
  }
  OrderedJson json;
  json["scenario"] = sample.scenario;
  json["target"] = sample.target;
  json["metric"] = sample.metric;
  json["unit"] = to_text(sample.unit);
  json["value"] = sample.value;
  json["round"] = sample.round;
  json["position"] = sample.position;
  json["warmup"] = sample.warmup;
  if (sample.resolution) {
    json["resolution"] = *sample.resolution;
  }
  if (sample.at) {
    json["at"] = *sample.at;
  }
  return json;
}

OrderedJson record(const Failure& failure) {
  OrderedJson json;
  json["scenario"] = failure.scenario;
  json["target"] = failure.target;
  json["round"] = failure.round;
  json["warmup"] = failure.warmup;
  json["phase"] = failure.phase;
  json["message"] = failure.message;
  if (failure.censored_at) {
    json["censored_at"] = *failure.censored_at;
  }
  return json;
}

OrderedJson record(const Summary& summary) {
  OrderedJson json;
  json["scenario"] = summary.scenario;
  json["target"] = summary.target;
  json["metric"] = summary.metric;
  json["unit"] = to_text(summary.unit);
  json["n"] = summary.n;
  json["failures"] = summary.failures;
  json["median"] = summary.median;
  json["mean"] = summary.mean;
  json["stddev"] = known(summary.stddev);
  json["min"] = summary.min;
  json["max"] = summary.max;
  json["p95"] = known(summary.p95);
  json["ci95"] = interval(summary.ci95);
  json["outliers"] = summary.outliers;
  return json;
}

OrderedJson record(const Comparison& comparison) {
  OrderedJson json;
  json["scenario"] = comparison.scenario;
  json["metric"] = comparison.metric;
  json["a"] = comparison.a;
  json["b"] = comparison.b;
  json["ratio"] = comparison.ratio;
  json["ci95"] = interval(comparison.ci95);
  json["shift"] = comparison.shift;
  json["verdict"] = to_text(comparison.verdict);
  json["why"] = comparison.why;
  json["detectable"] = known(comparison.detectable);
  json["n"] = comparison.n;
  return json;
}

OrderedJson record(const ClaimFinding& finding) {
  return {{"metric", finding.metric},
          {"a", finding.a},
          {"b", finding.b},
          {"ratio", known(finding.ratio)},
          {"share", known(finding.share)},
          {"ci95", interval(finding.ci95)},
          {"n", finding.n},
          {"exact", finding.exact},
          {"verdict", finding.verdict ? to_text(*finding.verdict) : std::string()},
          {"why", finding.why}};
}

OrderedJson record(const Claim& claim) {
  OrderedJson json;
  json["id"] = claim.id;
  json["sentence"] = claim.sentence;
  json["verdict"] = to_text(claim.verdict);
  json["ratio"] = known(claim.ratio);
  json["ci95"] = interval(claim.ci95);
  json["why"] = claim.why;
  json["kind"] = known(to_text(claim.kind));
  json["metric"] = known(claim.metric);
  json["a"] = known(claim.a);
  json["b"] = known(claim.b);
  json["share"] = known(claim.share);
  json["threshold"] = known(claim.threshold);
  json["n"] = claim.n;
  json["exact"] = claim.exact;
  json["conditions"] = known(claim.conditions);
  json["settle"] = known(claim.settle);
  json["findings"] = OrderedJson::array();
  for (const ClaimFinding& finding : claim.findings) {
    json["findings"].push_back(record(finding));
  }
  return json;
}

/// One record per line: a person can read and diff it, and ten thousand samples never exist as one tree.
template <typename Record>
void append_list(std::string& text, const char* name, const std::vector<Record>& records) {
  text += fmt::format(",\n  \"{}\": [", name);
  for (std::size_t i = 0; i < records.size(); ++i) {
    text += i == 0 ? "\n    " : ",\n    ";
    text += dump(record(records[i]));
  }
  text += records.empty() ? "]" : "\n  ]";
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return std::nullopt;
  }
  std::optional<std::string> text = file_bytes(path);
  if (!text) throw Error(ErrorCode::kIo, fmt::format("{}: cannot be read", path.string()));
  return text;
}

}  // namespace

std::string to_json(const Run& run) {
  std::string text = dump(head(run), 2);
  text.resize(text.size() - 2);  // the closing "\n}": the lists follow
  append_list(text, "samples", run.samples);
  append_list(text, "failures", run.failures);
  append_list(text, "summaries", run.summaries);
  append_list(text, "comparisons", run.comparisons);
  append_list(text, "claims", run.claims);
  text += "\n}\n";
  return text;
}

std::string checkpoint_header(const Run& run) {
  OrderedJson json;
  json["schema"] = kRunSchema;
  json["run"] = head(run);
  return dump(json);
}

std::string to_json_line(const Sample& sample) {
  return dump({{"sample", record(sample)}});
}

std::string to_json_line(const Failure& failure) {
  return dump({{"failure", record(failure)}});
}

Run run_from_json(const std::string& text) {
  return read_run(text, "run.json");
}

Run load_run(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_directory = std::filesystem::is_directory(path, ignored);
  const std::filesystem::path directory = is_directory ? path : path.parent_path();
  const std::filesystem::path file = is_directory ? path / "run.json" : path;
  const std::filesystem::path checkpoint = directory / "samples.jsonl";
  const std::optional<std::string> checkpoint_text = read_file(checkpoint);

  const std::optional<std::string> text = file == checkpoint ? std::nullopt : read_file(file);
  if (!text) {
    if (!checkpoint_text) {
      throw Error(ErrorCode::kIo, fmt::format("{}: no run is stored here", path.string()),
                  "give the directory of a run (it holds run.json), for example one below results/");
    }
    return read_checkpoint(*checkpoint_text, checkpoint.string());
  }

  Run run;
  try {
    run = read_run(*text, file.string());
  } catch (const Error& error) {
    if (!checkpoint_text) {
      throw;
    }
    throw Error(error.code(), error.what(),
                fmt::format("the raw samples are also in {}: move {} away and try again", checkpoint.string(),
                            file.filename().string()));
  }
  if (run.status != RunStatus::kComplete && checkpoint_text) {
    Run recovered = read_checkpoint(*checkpoint_text, checkpoint.string());
    if (recovered.run_id == run.run_id &&
        recovered.samples.size() + recovered.failures.size() > run.samples.size() + run.failures.size()) {
      run.samples = std::move(recovered.samples);
      run.failures = std::move(recovered.failures);
      run.summaries.clear();
      run.comparisons.clear();
      run.claims.clear();
    }
  }
  return run;
}

}  // namespace bench
