#include "bench/stats/judge/equivalence.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

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

}  // namespace

std::vector<EquivalenceRow> equivalence(const std::vector<const TargetInfo*>& targets) {
  const auto text = [&](std::optional<std::string> Equivalence::*field) {
    return collect_values(targets,
                          [field](const TargetInfo& t) { return (t.equivalence.*field).value_or(""); });
  };
  // Another app for one target is given by hand: then it is what is being compared.
  const bool own_app = std::any_of(targets.begin(), targets.end(),
                                   [](const TargetInfo* target) { return !target->app.empty(); });
  return {row("app", text(&Equivalence::app_sha256), own_app ? Sameness::kByDesign : Sameness::kDifferent),
          row("python", text(&Equivalence::python)),
          row("flask", text(&Equivalence::flask)),
          row("kernel", text(&Equivalence::kernel), Sameness::kByDesign),
          row("cpus seen", collect_values(targets,
                                          [](const TargetInfo& t) {
                                            return t.equivalence.cpus ? std::to_string(*t.equivalence.cpus)
                                                                      : "";
                                          })),
          memory_seen(targets),
          row("cpus given",
              collect_values(targets,
                             [](const TargetInfo& t) { return t.cpus > 0 ? std::to_string(t.cpus) : ""; })),
          row("memory given", collect_values(targets, [](const TargetInfo& t) {
                return t.memory_bytes > 0 ? mebibytes(t.memory_bytes) : "";
              }))};
}

std::string mismatch(const TargetInfo& a, const TargetInfo& b) {
  std::string words;
  for (const EquivalenceRow& row : equivalence({&a, &b})) {
    if (row.sameness == Sameness::kDifferent) {
      const bool hash = row.name == "app";
      words += fmt::format("{}{} {} against {}", words.empty() ? "" : ", ", row.name,
                           hash ? row.values[0].substr(0, 12) : row.values[0],
                           hash ? row.values[1].substr(0, 12) : row.values[1]);
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
