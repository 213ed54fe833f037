#include "bench/core/run_json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/core/error.h"

namespace bench {
namespace {

using Json = nlohmann::json;

/// A JSON value that knows where it is. The place is only spelt out when there is an error to report.
class Node {
 public:
  Node(const Json& json, const std::string& origin) : json_(&json), origin_(&origin) {}

  [[noreturn]] void fail(const std::string& problem) const {
    const std::string where = path();
    throw Error(ErrorCode::kCorrupt,
                where.empty() ? fmt::format("{}: {}", *origin_, problem)
                              : fmt::format("{}: {}: {}", *origin_, where, problem),
                "restore the file from where it came, or run again");
  }

  [[nodiscard]] Node at(const char* key) const {
    const Json& found = member(key);
    return Node(found, *this, key, 0);
  }
  [[nodiscard]] bool has(const char* key) const {
    expect_object();
    const auto it = json_->find(key);
    return it != json_->end() && !it->is_null();
  }

  template <typename F>
  void each(F&& visit) const {
    if (!json_->is_array()) {
      fail("expected a list");
    }
    for (std::size_t i = 0; i < json_->size(); ++i) {
      visit(Node((*json_)[i], *this, nullptr, i));
    }
  }

  [[nodiscard]] std::string text() const {
    if (!json_->is_string()) {
      fail("expected a string");
    }
    return json_->get<std::string>();
  }
  [[nodiscard]] double number() const {
    if (!json_->is_number()) {
      fail("expected a number");
    }
    return json_->get<double>();
  }
  [[nodiscard]] bool boolean() const {
    if (!json_->is_boolean()) {
      fail("expected true or false");
    }
    return json_->get<bool>();
  }
  [[nodiscard]] std::uint64_t natural() const {
    if (!json_->is_number_unsigned()) {
      fail("expected a whole number that is not negative");
    }
    return json_->get<std::uint64_t>();
  }
  [[nodiscard]] std::int64_t integer() const {
    if (natural() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail("the number is too large");
    }
    return json_->get<std::int64_t>();
  }
  [[nodiscard]] int small() const {
    if (natural() > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
      fail("the number is too large");
    }
    return json_->get<int>();
  }

  [[nodiscard]] Facts facts(std::initializer_list<std::string_view> but = {}) const {
    expect_object();
    Facts result;
    for (const auto& [key, value] : json_->items()) {
      if (std::find(but.begin(), but.end(), key) == but.end()) {
        result.emplace(key, Node(value, *this, key.c_str(), 0).fact());
      }
    }
    return result;
  }

  [[nodiscard]] Interval interval() const {
    if (!json_->is_array() || json_->size() != 2) {
      fail("expected [low, high]");
    }
    return {Node((*json_)[0], *this, nullptr, 0).number(), Node((*json_)[1], *this, nullptr, 1).number()};
  }

  void expect_object() const {
    if (!json_->is_object()) {
      fail("expected an object");
    }
  }

 private:
  Node(const Json& json, const Node& parent, const char* key, std::size_t index)
      : json_(&json), origin_(parent.origin_), parent_(&parent), key_(key), index_(index) {}

  [[nodiscard]] const Json& member(const char* key) const {
    expect_object();
    const auto it = json_->find(key);
    if (it == json_->end()) {
      fail(fmt::format("the field \"{}\" is missing", key));
    }
    return *it;
  }

  [[nodiscard]] Fact fact() const {
    if (json_->is_null()) {
      return std::monostate{};
    }
    if (json_->is_boolean()) {
      return json_->get<bool>();
    }
    if (json_->is_string()) {
      return json_->get<std::string>();
    }
    if (json_->is_number_integer() &&
        !(json_->is_number_unsigned() &&
          json_->get<std::uint64_t>() >
              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))) {
      return json_->get<std::int64_t>();
    }
    if (json_->is_number()) {
      return json_->get<double>();
    }
    fail("expected null, true, false, a number or a string");
  }

  [[nodiscard]] std::string path() const {
    if (parent_ == nullptr) {
      return {};
    }
    const std::string before = parent_->path();
    if (key_ == nullptr) {
      return fmt::format("{}[{}]", before, index_);
    }
    return before.empty() ? std::string(key_) : fmt::format("{}.{}", before, key_);
  }

  const Json* json_;
  const std::string* origin_;
  const Node* parent_ = nullptr;
  const char* key_ = nullptr;
  std::size_t index_ = 0;
};

// Unknown is null in JSON. Each of these takes "absent" and "null" for the same.

std::string text_or_unknown(const Node& node, const char* key) {
  return node.has(key) ? node.at(key).text() : std::string();
}
std::optional<std::string> optional_text(const Node& node, const char* key) {
  return node.has(key) ? std::optional(node.at(key).text()) : std::nullopt;
}
std::optional<double> optional_number(const Node& node, const char* key) {
  return node.has(key) ? std::optional(node.at(key).number()) : std::nullopt;
}
std::optional<std::int64_t> optional_integer(const Node& node, const char* key) {
  return node.has(key) ? std::optional(node.at(key).integer()) : std::nullopt;
}
std::optional<Interval> optional_interval(const Node& node, const char* key) {
  return node.has(key) ? std::optional(node.at(key).interval()) : std::nullopt;
}

TargetInfo read_target(const Node& node) {
  TargetInfo target;
  target.name = node.at("name").text();
  target.kind = node.at("kind").text();
  target.driver = node.at("driver").text();
  target.profile = node.at("profile").text();
  const Node engine = node.at("engine");
  target.engine_name = text_or_unknown(engine, "name");
  target.engine_version = text_or_unknown(engine, "version");
  target.engine = engine.facts({"name", "version"});
  target.acceleration = node.at("acceleration").text();
  target.cpus = node.has("cpus") ? node.at("cpus").small() : 0;
  target.memory_bytes = optional_integer(node, "memory_bytes").value_or(0);
  target.image = node.at("image").facts();
  target.app = text_or_unknown(node, "app");
  const Node same = node.at("equivalence");
  same.expect_object();
  target.equivalence = {.app_sha256 = optional_text(same, "app_sha256"),
                        .python = optional_text(same, "python"),
                        .flask = optional_text(same, "flask"),
                        .kernel = optional_text(same, "kernel"),
                        .cpus = optional_integer(same, "cpus"),
                        .memory_bytes = optional_integer(same, "memory_bytes")};
  return target;
}

Sample read_sample(const Node& node) {
  return {.scenario = node.at("scenario").text(),
          .target = node.at("target").text(),
          .metric = node.at("metric").text(),
          .unit = node.at("unit").text(),
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
          .unit = node.at("unit").text(),
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
          .verdict = node.at("verdict").text(),
          .why = text_or_unknown(node, "why"),
          .detectable = optional_number(node, "detectable"),
          .n = node.at("n").small()};
}

Claim read_claim(const Node& node) {
  return {.id = node.at("id").text(),
          .sentence = node.at("sentence").text(),
          .verdict = node.at("verdict").text(),
          .ratio = optional_number(node, "ratio"),
          .ci95 = optional_interval(node, "ci95"),
          .why = text_or_unknown(node, "why")};
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
  run.status = node.at("status").text();
  if (run.status != "complete" && run.status != "interrupted" && run.status != "failed") {
    node.at("status").fail("expected \"complete\", \"interrupted\" or \"failed\"");
  }
  run.stopped_by = text_or_unknown(node, "stopped_by");
  run.rounds = node.has("rounds") ? node.at("rounds").small() : 0;
  run.warmup_rounds = node.has("warmup_rounds") ? node.at("warmup_rounds").small() : 0;
  run.wall_seconds = optional_number(node, "wall_seconds").value_or(0);
  run.trials_seconds = optional_number(node, "trials_seconds").value_or(0);
  if (node.has("conditions")) {
    run.conditions = node.at("conditions").facts();
  }
  const Node environment = node.at("environment");
  run.environment.fingerprint = environment.at("fingerprint").facts();
  run.environment.volatile_ = environment.at("volatile").facts();
  environment.at("warnings").each([&](const Node& warning) {
    run.environment.warnings.push_back({warning.at("text").text(), text_or_unknown(warning, "remedy")});
  });
  read_list(node, "targets", run.targets, read_target);
  return run;
}

Json parse(std::string_view text, const std::string& origin) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: not valid JSON at byte {}", origin, error.byte),
                "the file is cut off or damaged: restore it, or run again");
  } catch (const Json::exception&) {  // a number beyond every double
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: not valid JSON: a number is out of range", origin),
                "the file is damaged: restore it, or run again");
  }
}

}  // namespace

Run read_run(const std::string& text, const std::string& origin) {
  const Json json = parse(text, origin);
  const Node node(json, origin);
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
    const std::string where = fmt::format("{}:{}", origin, ++line_number);
    Json json;
    try {
      json = parse(line, where);
    } catch (const Error&) {
      if (newline == std::string::npos && have_header) {
        break;  // the process ended while it wrote this line
      }
      throw;
    }
    const Node node(json, where);
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
  run.status = "interrupted";
  return run;
}

}  // namespace bench
