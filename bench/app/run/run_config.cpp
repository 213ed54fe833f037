#include "bench/app/run/run_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "bench/app/app_variables.h"
#include "bench/app/run/run_config_value.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/measure/scenario.h"
#include "bench/report/report.h"

namespace bench {
namespace fs = std::filesystem;

namespace {

using Value = ConfigValue;
template <typename Settings>
using Key = ConfigKey<Settings>;

void read_scenarios(const Value& value, RunConfig& config) {
  config.options.scenarios = value.texts();
  for (const std::string& name : config.options.scenarios) {
    std::vector<std::string> known;
    for (const ScenarioRow& row : scenario_table()) known.push_back(row.name);
    known.emplace_back("all");
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      value.refuse(fmt::format("names the unknown scenario '{}'", name),
                   did_you_mean(name, known) + fmt::format("scenarios: {}", fmt::join(known, ", ")));
    }
  }
}

void read_targets(const Value& value, RunConfig& config) {
  std::vector<std::string> names = value.texts();
  for (std::string& name : names) {
    if (const std::size_t at = name.find('@'); at != std::string::npos) {
      name = name.substr(0, at + 1) + value.beside(name.substr(at + 1)).string();
    }
  }
  config.options.target.targets = names;
  try {
    (void)parse_targets(names);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", value.where(), error.what()), error.remedy());
  }
}

/// Held to the rules of --env at once, so that what is wrong is said with its place.
void read_variables(const Value& value, RunConfig& config) {
  config.options.env = value.texts();
  try {
    (void)given_variables(config.options.env, {});
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", value.place(), error.what()), error.remedy());
  }
}

void read_retention(const Value& value, RunConfig& config) {
  static const std::vector<Key<Retention>> keys = {
      {"raw_runs", nullptr,
       [](const Value& v, Retention& r) { r.raw_runs = static_cast<int>(v.whole(1, 1'000'000)); }},
      {"raw_days", nullptr,
       [](const Value& v, Retention& r) { r.raw_days = static_cast<int>(v.whole(1, 1'000'000)); }},
      {"runs", nullptr,
       [](const Value& v, Retention& r) { r.runs = static_cast<int>(v.whole(1, 1'000'000)); }},
      {"days", nullptr,
       [](const Value& v, Retention& r) { r.days = static_cast<int>(v.whole(1, 1'000'000)); }},
  };
  const toml::table* table = value.node().as_table();
  if (table == nullptr) value.refuse("is not a table", "begin it with [retention]");
  read_table(
      *table, value.file(), keys, [](const std::string&) { return false; }, config.retention);
}

/// "dir/" is a directory: the file gets the format's usual name there.
void read_exports(const Value& value, RunConfig& config) {
  static const std::vector<Key<ExportTo>> keys = {
      {"format", nullptr,
       [](const Value& v, ExportTo& to) {
         to.format = v.text();
         const std::vector<std::string> known = format_names(FormatKind::kExport);
         if (std::find(known.begin(), known.end(), to.format) != known.end()) return;
         v.refuse(fmt::format("'{}' is no export", to.format),
                  did_you_mean(to.format, known) + fmt::format("exports: {}", fmt::join(known, ", ")));
       }},
      {"to", nullptr, [](const Value& v, ExportTo& to) { to.to = v.path(); }},
  };
  const toml::array* tables = value.node().as_array();
  if (tables == nullptr) value.refuse("is not a list of tables", "begin each export with [[export]]");
  for (const toml::node& node : *tables) {
    const Value one(node, "export", value.file());
    const toml::table* table = node.as_table();
    if (table == nullptr) one.refuse("is not a table", "begin each export with [[export]]");
    ExportTo to;
    read_table(
        *table, value.file(), keys, [](const std::string&) { return false; }, to);
    if (to.format.empty() || to.to.empty()) {
      one.refuse("lacks its format or its place", "format = \"openmetrics\" and to = \"FILE\"");
    }
    if (!to.to.has_filename() || fs::is_directory(to.to)) {
      to.to /= find_report_format(to.format)->file_names.front();
    }
    config.exports.push_back(std::move(to));
  }
}

/// Checks with `parse` that the text means something.
template <typename Parse>
std::string checked(const Value& value, Parse parse) {
  const std::string text = value.text();
  try {
    (void)parse(text, value.key());
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", value.place(), error.what()),
                "a text such as \"512M\" for bytes, \"10m\" for a time");
  }
  return text;
}

const std::vector<Key<RunConfig>>& config_keys() {
  static const std::vector<Key<RunConfig>> keys = {
      {"name", nullptr, [](const Value& v, RunConfig& c) { c.name = v.text(); }},
      {"scenarios", "scenario", read_scenarios},
      {"targets", "--targets", read_targets},
      {"baseline", "--baseline", [](const Value& v, RunConfig& c) { c.options.baseline = v.text(); }},
      {"app", "--app", [](const Value& v, RunConfig& c) { c.options.target.app = v.path(); }},
      {"env", "--env", read_variables},
      {"env_files", "--env-file",
       [](const Value& v, RunConfig& c) {
         c.options.env_files.clear();
         for (const std::string& file : v.texts()) c.options.env_files.push_back(v.beside(file));
       }},
      {"base", "--base", [](const Value& v, RunConfig& c) { c.options.target.base = v.text(); }},
      {"image", "--image", [](const Value& v, RunConfig& c) { c.options.target.image = v.text(); }},
      {"build", "--build", [](const Value& v, RunConfig& c) { c.options.target.build.dir = v.path(); }},
      {"dockerfile", "--dockerfile",
       [](const Value& v, RunConfig& c) {
         // Beside the configuration or in the directory that is built.
         const fs::path beside = v.path();
         c.options.target.build.dockerfile = fs::exists(beside) ? beside : fs::path(v.text());
       }},
      {"build_args", "--build-arg",
       [](const Value& v, RunConfig& c) { c.options.target.build.arguments = v.texts(); }},
      {"target", "--target", [](const Value& v, RunConfig& c) { c.options.target.build.target = v.text(); }},
      {"builder", "--builder",
       [](const Value& v, RunConfig& c) { c.options.target.build.builder = v.text(); }},
      {"pull", "--pull",
       [](const Value& v, RunConfig& c) {
         const std::string pull = v.text();
         if (!from_text<Pull>(pull))
           v.refuse(fmt::format("'{}' is no time to pull", pull), "one of " + all_words<Pull>());
         c.options.target.pull = pull;
       }},
      {"port", "--port",
       [](const Value& v, RunConfig& c) { c.options.target.port = static_cast<int>(v.whole(1, 65535)); }},
      {"kernel", "--kernel", [](const Value& v, RunConfig& c) { c.options.target.kernel = v.text(); }},
      {"modules", "--modules", [](const Value& v, RunConfig& c) { c.options.target.modules = v.path(); }},
      {"cpus", "--cpus",
       [](const Value& v, RunConfig& c) { c.options.target.cpus = static_cast<int>(v.whole(1, 512)); }},
      {"memory", "--memory",
       [](const Value& v, RunConfig& c) { c.options.target.memory = checked(v, parse_bytes); }},
      {"accel", "--accel",
       [](const Value& v, RunConfig& c) {
         const std::string accel = v.text();
         if (!from_text<AccelerationWish>(accel)) {
           v.refuse(fmt::format("'{}' is no acceleration", accel), "one of " + all_words<AccelerationWish>());
         }
         c.options.target.accel = accel;
       }},
      {"connect", "--connect", [](const Value& v, RunConfig& c) { c.options.target.connect = v.text(); }},
      {"rounds", "--rounds",
       [](const Value& v, RunConfig& c) { c.options.rounds = static_cast<int>(v.whole(1, 100000)); }},
      {"warmup", "--warmup",
       [](const Value& v, RunConfig& c) { c.options.warmup = static_cast<int>(v.whole(0, 1000)); }},
      {"budget", "--budget",
       [](const Value& v, RunConfig& c) { c.options.budget = checked(v, parse_duration); }},
      {"all_rounds", "--all-rounds", [](const Value& v, RunConfig& c) { c.options.all_rounds = v.flag(); }},
      {"seed", "--seed",
       [](const Value& v, RunConfig& c) {
         c.options.seed = static_cast<std::uint64_t>(v.whole(0, std::numeric_limits<std::int64_t>::max()));
       }},
      {"timeout", "--timeout",
       [](const Value& v, RunConfig& c) { c.options.timeout = checked(v, parse_duration); }},
      {"ready_path", "--ready-path", [](const Value& v, RunConfig& c) { c.options.ready_path = v.text(); }},
      {"ready_status", "--ready-status",
       [](const Value& v, RunConfig& c) { c.options.ready_status = static_cast<int>(v.whole(100, 599)); }},
      {"claims", "--claims",
       [](const Value& v, RunConfig& c) {
         c.options.claims.clear();
         for (const std::string& file : v.texts()) c.options.claims.push_back(v.beside(file).string());
       }},
      {"results", nullptr, [](const Value& v, RunConfig& c) { c.options.results = v.path(); }},
      {"retention", nullptr, read_retention},
      {"export", nullptr, read_exports},
  };
  return keys;
}

std::string read_file(const fs::path& file) {
  std::optional<std::string> text;
  if (fs::is_regular_file(file)) text = file_bytes(file);
  if (!text) {
    throw Error(ErrorCode::kUsage, fmt::format("cannot read {}", file.string()),
                "name the file of the configuration: --config FILE");
  }
  return *std::move(text);
}

}  // namespace

RunConfig run_config(const RunOptions& options, const Given& given) {
  RunConfig config;
  config.options = options;
  if (options.config.empty()) return config;
  config.name = options.config.stem().string();
  toml::table table;
  try {
    table = toml::parse(read_file(options.config), options.config.string());
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw Error(
        ErrorCode::kUsage,
        fmt::format("{}:{}:{}: {}", options.config.string(), begin.line, begin.column, error.description()),
        "the file is TOML: docs/scheduled-jobs.md has an example");
  }
  read_table(table, options.config, config_keys(), given, config);
  if (options.no_export) {
    config.exports.clear();
    config.retention = {};
  }
  return config;
}

fs::path results_of(const fs::path& config) {
  RunOptions options;
  options.config = config;
  return run_config(options, [](const std::string&) { return false; }).options.results;
}

std::string config_text(const RunConfig& config) {
  const RunOptions& options = config.options;
  std::string text;
  const auto add = [&text](const char* key, const auto& value) {
    std::ostringstream out;
    out << toml::value(value);
    text += fmt::format("{} = {}\n", key, out.str());
  };
  const auto add_text = [&](const char* key, const std::string& value) {
    if (!value.empty()) add(key, value);
  };
  const auto add_whole = [&](const char* key, const auto& value) {
    if (value) add(key, static_cast<std::int64_t>(*value));
  };
  const auto quoted = [](const std::vector<std::string>& values) {
    toml::array array;
    for (const std::string& value : values) array.push_back(value);
    std::ostringstream out;
    out << array;
    return out.str();
  };
  add_text("name", config.name);
  text += fmt::format("scenarios = {}\n", quoted(options.scenarios));
  if (!options.target.targets.empty()) {
    std::vector<std::string> targets;
    for (const std::string& written : options.target.targets) targets.push_back(without_set_values(written));
    text += fmt::format("targets = {}\n", quoted(targets));
  }
  add_text("baseline", without_set_values(options.baseline));
  add_text("app", options.target.app.string());
  if (!options.env.empty()) {
    std::vector<std::string> names;
    for (const std::string& setting : options.env) names.push_back(setting.substr(0, setting.find('=')));
    text += "# names alone: values are not printed, and these are taken from the environment\n";
    text += fmt::format("env = {}\n", quoted(names));
  }
  if (!options.env_files.empty()) {
    std::vector<std::string> files;
    for (const fs::path& file : options.env_files) files.push_back(file.string());
    text += fmt::format("env_files = {}\n", quoted(files));
  }
  add_text("base", options.target.base);
  add_text("image", options.target.image);
  if (const OwnBuild& build = options.target.build; !build.dir.empty()) {
    add_text("build", build.dir.string());
    add_text("dockerfile", build.dockerfile.string());
    if (!build.arguments.empty()) text += fmt::format("build_args = {}\n", quoted(build.arguments));
    add_text("target", build.target);
    add_text("builder", build.builder);
  }
  if (options.target.as_it_is()) {
    add_text("pull", options.target.pull);
    add_whole("port", options.target.port);
    add_text("kernel", options.target.kernel);
    add_text("modules", options.target.modules.string());
  }
  add("cpus", static_cast<std::int64_t>(options.target.cpus));
  add_text("memory", options.target.memory);
  add_text("accel", options.target.accel);
  add_text("connect", options.target.connect);
  add_whole("rounds", options.rounds);
  add("warmup", static_cast<std::int64_t>(options.warmup));
  add_text("budget", options.budget);
  add("all_rounds", options.all_rounds);
  add_whole("seed", options.seed);
  add_text("timeout", options.timeout);
  add_text("ready_path", options.ready_path);
  add_whole("ready_status", options.ready_status);
  if (!options.claims.empty()) {
    std::vector<std::string> files;
    for (const auto& file : options.claims) files.push_back(fs::path(file).string());
    text += fmt::format("claims = {}\n", quoted(files));
  }
  add_text("results", fs::absolute(options.results).lexically_normal().string());
  if (config.retention.given()) {
    text += "\n[retention]\n";
    add_whole("raw_runs", config.retention.raw_runs);
    add_whole("raw_days", config.retention.raw_days);
    add_whole("runs", config.retention.runs);
    add_whole("days", config.retention.days);
  }
  for (const ExportTo& to : config.exports) {
    text += "\n[[export]]\n";
    add_text("format", to.format);
    add_text("to", to.to.string());
  }
  return text;
}

}  // namespace bench
