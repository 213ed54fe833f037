#include "bench/app/run/run_retention.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/app/run/run_files.h"
#include "bench/core/run.h"
#include "bench/history/hosts.h"
#include "bench/report/report.h"

namespace bench {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kDay = 86400;

/// What the formats of these kinds write, each name once.
void add_names(std::vector<std::string>& names, std::initializer_list<FormatKind> kinds) {
  for (const ReportFormat& format : report_formats()) {
    if (std::find(kinds.begin(), kinds.end(), format.kind) == kinds.end()) continue;
    for (const std::string& name : format.file_names) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
}

/// Derived from run.json, so it can be had again with `bench report`.
std::vector<std::string> raw_names() {
  std::vector<std::string> names{"samples.jsonl"};
  add_names(names, {FormatKind::kData, FormatKind::kCharts});
  return names;
}

/// All that bench writes in a run's directory.
std::vector<std::string> whole_names() {
  std::vector<std::string> names = raw_names();
  add_names(names, {FormatKind::kPage, FormatKind::kExport});
  // run.json goes last: a removal that is cut short leaves a run that the next one finishes with.
  names.insert(names.end(), {"verdict.json", kConfirmingRuns, "run.json"});
  return names;
}

struct StoredRun {
  fs::path dir;
  std::int64_t started = 0;  ///< Unix time
  bool complete = false;
  RunHost host;
};

/// The first fields of a run, without reading the rest, which may be long.
class HeadReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::string schema, started_at, status;
  Environment environment;  ///< host and fingerprint only

  bool null() override { return go_on(); }
  bool boolean(bool value) override { return fact(value); }
  bool number_integer(number_integer_t value) override { return fact(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override { return fact(static_cast<std::int64_t>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return fact(value); }
  bool binary(binary_t&) override { return go_on(); }
  bool string(string_t& value) override {
    if (at({"schema"})) schema = value;
    if (at({"started_at"})) started_at = value;
    if (at({"status"})) status = value;
    if (at({"environment", "host", "id"})) host().id = value;
    if (at({"environment", "host", "name"})) host().name = value;
    return fact(value);
  }
  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return true;
  }
  bool end_object() override {
    keys_.pop_back();
    environment_read_ = environment_read_ || at({"environment"});
    return go_on();
  }
  bool start_array(std::size_t) override { return start_object(0); }
  bool end_array() override {
    keys_.pop_back();
    return true;
  }
  bool key(string_t& value) override {
    keys_.back() = value;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  [[nodiscard]] bool at(std::initializer_list<const char*> path) const {
    return std::equal(keys_.begin(), keys_.end(), path.begin(), path.end());
  }
  [[nodiscard]] bool go_on() const {
    return schema.empty() || started_at.empty() || status.empty() || !environment_read_;
  }
  bool fact(const Fact& value) {
    if (keys_.size() == 3 && keys_[0] == "environment" && keys_[1] == "fingerprint") {
      environment.fingerprint[keys_[2]] = value;
    }
    return go_on();
  }
  Host& host() { return environment.host ? *environment.host : environment.host.emplace(); }

  std::vector<std::string> keys_;
  bool environment_read_ = false;
};

std::optional<std::int64_t> unix_time(const std::string& rfc3339) {
  std::tm time{};
  const char* end = strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return timegm(&time);
}

/// Nothing for what is not a run of ours.
std::optional<StoredRun> stored_run(const fs::path& dir) {
  std::error_code ignored;
  if (fs::is_symlink(dir, ignored) || !fs::is_directory(dir, ignored)) return std::nullopt;
  if (!fs::is_regular_file(fs::symlink_status(dir / "run.json", ignored))) return std::nullopt;
  std::ifstream file(dir / "run.json", std::ios::binary);
  HeadReader head;
  if (!file || (!nlohmann::json::sax_parse(file, &head) && head.schema.empty())) return std::nullopt;
  const auto started = unix_time(head.started_at);
  if (head.schema != kRunSchema || !started) return std::nullopt;
  return StoredRun{dir, *started, from_text<RunStatus>(head.status) == RunStatus::kComplete,
                   host_of(head.environment)};
}

/// The runs that have a name as a baseline: pins.json beside them, {"NAME": "directory"}. Nothing where that
/// file cannot be understood: then nothing may be removed.
std::optional<std::vector<fs::path>> pinned_runs(const fs::path& results) {
  std::ifstream file(results / "pins.json", std::ios::binary);
  std::vector<fs::path> pinned;
  if (!file) return pinned;
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  for (const auto& [name, directory] : json.items()) {
    if (!directory.is_string()) return std::nullopt;
    pinned.push_back(results / directory.get<std::string>());  // an absolute one stays what it is
  }
  return pinned;
}

/// The names that were there and are gone.
std::vector<std::string> remove_files(const fs::path& dir, const std::vector<std::string>& names,
                                      Pruned& pruned) {
  std::vector<std::string> removed;
  for (const std::string& name : names) {
    std::error_code failed;
    const auto count = fs::remove_all(dir / name, failed);  // of a link: the link
    if (failed) {
      pruned.problems.push_back(fmt::format("cannot remove {}: {}", (dir / name).string(), failed.message()));
      break;  // run.json, the last one, stays with what could not be removed
    }
    if (count > 0) removed.push_back(name);
  }
  return removed;
}

void remove_raw(const fs::path& dir, Pruned& pruned) {
  const auto removed = remove_files(dir, raw_names(), pruned);
  if (!removed.empty()) {
    pruned.removed.push_back(fmt::format("{}: {}", dir.string(), fmt::join(removed, ", ")));
  }
}

void remove_whole(const fs::path& dir, Pruned& pruned) {
  const auto removed = remove_files(dir, whole_names(), pruned);
  std::error_code not_empty;
  if (fs::remove(dir, not_empty)) {
    pruned.removed.push_back(dir.string());
  } else if (!removed.empty()) {
    pruned.removed.push_back(
        fmt::format("{}: {} (the rest is not bench's, and stays)", dir.string(), fmt::join(removed, ", ")));
  }
}

/// Leaves the runs of the host that measured `current`: the rules are its own, and another host may want its
/// runs. Without `current` none is left.
void keep_own(std::vector<StoredRun>& runs, const fs::path& current) {
  const auto own = stored_run(current);
  const bool others = own && std::any_of(runs.begin(), runs.end(), [&](const StoredRun& run) {
                        return !run.host.id.empty() && run.host.id != own->host.id;
                      });
  std::erase_if(runs, [&](const StoredRun& run) { return !own || !counts_as(run.host, own->host, others); });
}

/// `place`: 0 for the latest run.
bool kept(const std::optional<int>& runs, const std::optional<int>& days, int place, std::int64_t age) {
  if (!runs && !days) return true;
  return (runs && place < *runs) || (days && age <= *days * kDay);
}

}  // namespace

Pruned prune(const fs::path& results, const fs::path& current, const Retention& rules, std::int64_t now) {
  Pruned pruned;
  if (!rules.given()) return pruned;
  const auto pinned = pinned_runs(results);
  if (!pinned) {
    pruned.problems.push_back(
        fmt::format("nothing was removed: {} cannot be understood", (results / "pins.json").string()));
    return pruned;
  }
  std::vector<StoredRun> runs;
  std::error_code failed;
  for (fs::directory_iterator entry(results, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (auto run = stored_run(entry->path())) runs.push_back(std::move(*run));
  }
  if (failed)
    pruned.problems.push_back(fmt::format("cannot read {}: {}", results.string(), failed.message()));
  keep_own(runs, current);
  std::sort(runs.begin(), runs.end(), [](const StoredRun& a, const StoredRun& b) {
    return a.started != b.started ? a.started > b.started : a.dir > b.dir;
  });
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const StoredRun& run = runs[i];
    std::error_code ignored;
    const bool baseline = std::any_of(pinned->begin(), pinned->end(), [&](const fs::path& pin) {
      return fs::equivalent(run.dir, pin, ignored);
    });
    if (baseline || fs::equivalent(run.dir, current, ignored) ||
        fs::exists(fs::symlink_status(run.dir / "keep", ignored))) {
      continue;
    }
    const int place = static_cast<int>(i);
    const std::int64_t age = now - run.started;
    if (!kept(rules.runs, rules.days, place, age)) {
      remove_whole(run.dir, pruned);
    } else if (run.complete && !kept(rules.raw_runs, rules.raw_days, place, age)) {
      remove_raw(run.dir, pruned);  // what ended early may have more in samples.jsonl than in run.json
    }
  }
  return pruned;
}

}  // namespace bench
