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

using Field = std::optional<std::string> Equivalence::*;

/// Of "nofile:1024:4096,nproc:-1:-1" one, as people read it: "1024 (at most 4096)", "unlimited".
std::string limit_in_words(const std::string& limits, const std::string& name) {
  const std::string all = "," + limits + ",";
  const std::size_t found = all.find("," + name + ":");
  if (found == std::string::npos) return {};
  const std::size_t first = found + name.size() + 2, second = all.find(':', first);
  if (second == std::string::npos) return {};
  const auto number = [](const std::string& text) { return text == "-1" ? "unlimited" : text; };
  const std::string soft = number(all.substr(first, second - first));
  const std::string hard = number(all.substr(second + 1, all.find(',', second) - second - 1));
  return soft == hard ? soft : fmt::format("{} (at most {})", soft, hard);
}

/// How the program of an image was started. What no target says is left out: an engine may not let us look.
std::vector<EquivalenceRow> starts(const std::vector<const TargetInfo*>& targets) {
  struct Line {
    const char* name;
    Field field;
    bool hash;
  };
  std::vector<EquivalenceRow> rows;
  for (const Line& line : {Line{"command", &Equivalence::command, true},
                           {"environment", &Equivalence::environment, true},
                           {"user", &Equivalence::user, false},
                           {"working directory", &Equivalence::workdir, false}}) {
    rows.push_back(
        row(line.name,
            collect_values(targets,
                           [&line](const TargetInfo& t) { return (t.equivalence.*line.field).value_or(""); }),
            Sameness::kWarned));
    rows.back().hash = line.hash;
  }
  for (const auto& [words, name] : {std::pair{"limit of open files", "nofile"},
                                    {"limit of processes", "nproc"},
                                    {"limit of core files", "core"},
                                    {"limit of locked memory", "memlock"}}) {
    rows.push_back(row(words,
                       collect_values(targets,
                                      [limit = name](const TargetInfo& t) {
                                        return limit_in_words(t.equivalence.limits.value_or(""), limit);
                                      }),
                       Sameness::kWarned));
  }
  std::erase_if(rows, [](const EquivalenceRow& made) {
    return std::none_of(made.values.begin(), made.values.end(), known);
  });
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
  for (EquivalenceRow& start : starts(targets)) rows.push_back(std::move(start));
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

std::optional<Warning> started_differently(const std::vector<TargetInfo>& targets) {
  std::vector<const TargetInfo*> of_images;
  for (const TargetInfo& target : targets) {
    if (target.source.instrumentation == Instrumentation::kNone && target.app.empty())
      of_images.push_back(&target);
  }
  std::string words;
  for (const EquivalenceRow& start : starts(of_images)) {
    if (start.sameness != Sameness::kWarned) continue;
    words += fmt::format("{}{} (", words.empty() ? "" : "; ", start.name);
    for (std::size_t i = 0; i < of_images.size(); ++i) {
      const std::string& value = start.values[i];
      if (!known(value)) continue;
      words += fmt::format("{}{}: {}", words.ends_with('(') ? "" : ", ", of_images[i]->name,
                           start.hash ? value.substr(0, 12) : value);
    }
    words += ")";
  }
  if (words.empty()) return std::nullopt;
  return Warning{"the image's program is not started alike on every side: " + words,
                 "see what sets it: the engine's defaults (default-ulimits of Docker), or --env"};
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
