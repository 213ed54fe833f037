#include "bench/stats/judge/equivalence.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

namespace bench {
namespace {

using Values = std::vector<std::string>;

bool known(const std::string& value) {
  return !value.empty();
}

EquivalenceRow row(const char* name, Values values, Sameness when_different = Sameness::kDifferent) {
  EquivalenceRow row{name, std::move(values), Sameness::kUnknown};
  std::vector<std::string> distinct;
  std::copy_if(row.values.begin(), row.values.end(), std::back_inserter(distinct), known);
  const bool complete = distinct.size() == row.values.size();
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() > 1) {
    row.sameness = when_different;
  } else if (complete && !distinct.empty()) {
    row.sameness = Sameness::kSame;
  }
  return row;
}

Values collect_values(const std::vector<const TargetInfo*>& targets,
                      const std::function<std::string(const TargetInfo&)>& value) {
  Values values;
  for (const TargetInfo* target : targets) {
    values.push_back(value(*target));
  }
  return values;
}

std::string mebibytes(std::int64_t bytes) {
  return fmt::format("{} MiB", (bytes + (1 << 19)) >> 20);
}

EquivalenceRow memory_seen(const std::vector<const TargetInfo*>& targets) {
  EquivalenceRow seen;
  seen.name = "memory seen";
  std::vector<std::int64_t> bytes;
  for (const TargetInfo* target : targets) {
    const auto& value = target->equivalence.memory_bytes;
    seen.values.push_back(value ? mebibytes(*value) : std::string());
    if (value) {
      bytes.push_back(*value);
    }
  }
  if (bytes.empty()) {
    return seen;
  }
  const auto [low, high] = std::minmax_element(bytes.begin(), bytes.end());
  if (*high - *low > (64LL << 20) + *high / 20) {
    seen.sameness = Sameness::kDifferent;
  } else if (bytes.size() == targets.size()) {
    seen.sameness = Sameness::kSame;
  }
  return seen;
}

/// Each variable that was given to an app, by the first digits of its value's digest. Targets only differ in
/// one where somebody gave it to one of them: then it is what is being compared.
std::vector<EquivalenceRow> variable_rows(const std::vector<const TargetInfo*>& targets) {
  std::set<std::string> names;
  for (const TargetInfo* target : targets) {
    for (const auto& [name, digest] : target->env) names.insert(name);
  }
  std::vector<EquivalenceRow> rows;
  for (const std::string& name : names) {
    Values values = collect_values(targets, [&name](const TargetInfo& t) -> std::string {
      const auto found = t.env.find(name);
      if (found == t.env.end()) return "not set";
      return found->second.substr(found->second.find(':') + 1).substr(0, 12);
    });
    rows.push_back(row((kVariableRow + name).c_str(), std::move(values), Sameness::kByDesign));
  }
  return rows;
}

}  // namespace

std::vector<EquivalenceRow> equivalence(const std::vector<const TargetInfo*>& targets) {
  const auto text = [&](std::optional<std::string> Equivalence::*field) {
    return collect_values(targets,
                          [field](const TargetInfo& t) { return (t.equivalence.*field).value_or(""); });
  };
  // Another app for one target is given by hand: then it is what is being compared.
  const bool own_app = std::any_of(targets.begin(), targets.end(),
                                   [](const TargetInfo* target) { return !target->app.empty(); });
  std::vector<EquivalenceRow> rows;
  // Of an image; what was built from an app's directory says the same by the app's hash.
  if (std::any_of(targets.begin(), targets.end(),
                  [](const TargetInfo* target) { return target->equivalence.rootfs_sha256.has_value(); })) {
    rows.push_back(row("root file system", text(&Equivalence::rootfs_sha256),
                       own_app ? Sameness::kByDesign : Sameness::kDifferent));
    rows.back().hash = true;
  }
  // What only an app that is instrumented says of itself.
  const bool instrumented = std::any_of(targets.begin(), targets.end(), [](const TargetInfo* target) {
    return target->source.instrumentation == Instrumentation::kFlask;
  });
  if (instrumented) {
    rows.push_back(
        row("app", text(&Equivalence::app_sha256), own_app ? Sameness::kByDesign : Sameness::kDifferent));
    rows.back().hash = true;
    rows.push_back(row("python", text(&Equivalence::python)));
    rows.push_back(row("flask", text(&Equivalence::flask)));
    rows.push_back(row("kernel", text(&Equivalence::kernel), Sameness::kByDesign));
    rows.push_back(row("cpus seen", collect_values(targets, [](const TargetInfo& t) {
                         return t.equivalence.cpus ? std::to_string(*t.equivalence.cpus) : "";
                       })));
    rows.push_back(memory_seen(targets));
  }
  rows.push_back(row("cpus given", collect_values(targets, [](const TargetInfo& t) {
                       return t.cpus > 0 ? std::to_string(t.cpus) : "";
                     })));
  rows.push_back(row("memory given", collect_values(targets, [](const TargetInfo& t) {
                       return t.memory_bytes > 0 ? mebibytes(t.memory_bytes) : "";
                     })));
  const auto variables = variable_rows(targets);
  rows.insert(rows.end(), variables.begin(), variables.end());
  return rows;
}

std::string mismatch(const TargetInfo& a, const TargetInfo& b) {
  std::string words;
  for (const EquivalenceRow& row : equivalence({&a, &b})) {
    if (row.sameness == Sameness::kDifferent) {
      words += fmt::format("{}{} {} against {}", words.empty() ? "" : ", ", row.name,
                           row.hash ? row.values[0].substr(0, 12) : row.values[0],
                           row.hash ? row.values[1].substr(0, 12) : row.values[1]);
    }
  }
  return words;
}

std::string unverified(const TargetInfo& a, const TargetInfo& b) {
  std::string words;
  for (const EquivalenceRow& row : equivalence({&a, &b})) {
    if (row.sameness == Sameness::kUnknown) {
      words += (words.empty() ? "" : ", ") + row.name;
    }
  }
  return words;
}

}  // namespace bench
