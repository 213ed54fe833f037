#include "bench/report/view/side_by_side.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "bench/base/error.h"
#include "bench/base/lists.h"
#include "bench/base/text.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"

namespace bench {
namespace {

/// A table with a column per run.
TextTable table_of(const std::vector<NamedRun>& runs, std::vector<std::string> left,
                   const std::string& title) {
  TextTable table;
  table.title = title;
  table.align = std::string(left.size(), 'l') + std::string(runs.size(), 'r');
  table.header = std::move(left);
  for (const NamedRun& named : runs) table.header.push_back(one_line(named.name));
  return table;
}

/// The target's name with its stamp where all runs agree on it; a run that differs says so in its cell.
std::string name_for_all(const std::vector<NamedRun>& runs, const std::string& target) {
  std::set<std::string> names;
  for (const NamedRun& named : runs) {
    for (const TargetInfo& info : named.run.targets) {
      if (info.name == target) names.insert(stamped(info));
    }
  }
  return names.size() == 1 ? *names.begin() : one_line(target);
}

/// " (TCG)" where the row does not say it for all.
std::string stamp_in_cell(const std::vector<NamedRun>& runs, const Run& run, const std::string& target) {
  const std::string own = stamped(run, target);
  return name_for_all(runs, target) == own ? std::string() : own.substr(one_line(target).size());
}

TextTable runs_table(const std::vector<NamedRun>& runs) {
  TextTable table = table_of(runs, {"what"}, "");
  table.align = std::string(table.header.size(), 'l');
  const auto add = [&](const char* what, auto&& value) {
    std::vector<std::string> row{what};
    for (const NamedRun& named : runs) row.push_back(one_line(value(named.run)));
    table.rows.push_back(std::move(row));
  };
  const auto fact = [](const char* name) {
    return [name](const Run& run) {
      const auto found = run.environment.fingerprint.find(name);
      return found == run.environment.fingerprint.end() ? std::string("unknown") : fact_text(found->second);
    };
  };
  add("run", [](const Run& run) { return run.run_id; });
  add("begun", [](const Run& run) { return run.started_at; });
  add("status", [](const Run& run) { return to_text(run.status); });
  add("rounds planned", [](const Run& run) { return std::to_string(run.rounds); });
  add("processor", fact("cpu_model"));
  add("cores", fact("cores"));
  add("kernel", fact("kernel"));
  add("bench", [](const Run& run) {
    return run.suite_version + (run.suite_commit.empty() ? "" : ", commit " + run.suite_commit);
  });
  return table;
}

/// Keys of `list` over all runs in the order in which they are met.
template <typename Key, typename List, typename Make>
std::vector<Key> keys_of(const std::vector<NamedRun>& runs, List list, Make make) {
  std::vector<Key> keys;
  for (const NamedRun& named : runs) {
    for (const auto& item : named.run.*list) {
      if (is_compared(spec_of(named.run, item.metric))) add_once(keys, make(item));
    }
  }
  return keys;
}

TextTable medians_by_run(const std::vector<NamedRun>& runs, const std::string& scenario) {
  TextTable table = table_of(runs, {"metric", "target"}, "");
  using Key = std::tuple<std::string, std::string, std::string>;
  auto keys = keys_of<Key>(runs, &Run::summaries, [](const Summary& summary) {
    return Key{summary.scenario, summary.metric, summary.target};
  });
  // All targets of a metric together, metrics as they come.
  std::map<std::string, std::size_t> order;
  for (const Key& key : keys) order.emplace(std::get<1>(key), order.size());
  std::stable_sort(keys.begin(), keys.end(),
                   [&](const Key& a, const Key& b) { return order[std::get<1>(a)] < order[std::get<1>(b)]; });
  for (const Key& key : keys) {
    if (std::get<0>(key) != scenario) continue;
    std::vector<std::string> row{one_line(std::get<1>(key)), name_for_all(runs, std::get<2>(key))};
    std::vector<const Summary*> found;
    std::vector<double> values;
    Unit unit = Unit::kNone;
    for (const NamedRun& named : runs) {
      found.push_back(find_summary(named.run, scenario, std::get<2>(key), std::get<1>(key)));
      if (found.back() != nullptr) {
        values.push_back(found.back()->median);
        unit = found.back()->unit;
      }
    }
    const Scale scale = scale_for(unit, values);  // one for the row, so that its cells can be compared
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const Summary* summary = found[i];
      row.push_back(summary == nullptr
                        ? kAbsent
                        : with_unit(summary->median, scale) +
                              (summary->ci95 ? " " + bracket(*summary->ci95, scale) : std::string()) +
                              stamp_in_cell(runs, runs[i].run, summary->target));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable ratios(const std::vector<NamedRun>& runs) {
  TextTable table = table_of(runs, {"metric", "b vs a"}, "");
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  const auto key_of = [](const Comparison& comparison) {
    return Key{comparison.scenario, comparison.metric, comparison.a, comparison.b};
  };
  for (const Key& key : keys_of<Key>(runs, &Run::comparisons, key_of)) {
    std::vector<std::string> row{
        one_line(std::get<1>(key)),
        fmt::format("{} vs {}", name_for_all(runs, std::get<3>(key)), name_for_all(runs, std::get<2>(key)))};
    for (const NamedRun& named : runs) {
      const auto* at = find_where(named.run.comparisons,
                                  [&](const Comparison& comparison) { return key_of(comparison) == key; });
      row.push_back(at == nullptr ? kAbsent
                                  : ratio_text(at->ratio) +
                                        (at->ci95 ? " " + ratio_bracket(*at->ci95) : std::string()) + ", " +
                                        to_text(at->verdict) + stamp_in_cell(runs, named.run, at->b));
    }
    table.rows.push_back(std::move(row));
  }
  table.notes.emplace_back("Ratio of medians b/a within each run, its 95 % interval and verdict.");
  return table;
}

TextTable claims(const std::vector<NamedRun>& runs) {
  TextTable table = table_of(runs, {"claim"}, "");
  table.align = std::string(table.header.size(), 'l');
  std::vector<std::string> ids;
  std::map<std::string, std::string> sentences;
  for (const NamedRun& named : runs) {
    for (const Claim& claim : named.run.claims) {
      if (sentences.emplace(claim.id, one_line(claim.sentence)).second) ids.push_back(claim.id);
    }
  }
  for (const std::string& id : ids) {
    std::vector<std::string> row{sentences[id]};
    for (const NamedRun& named : runs) {
      const auto* at = find_where(named.run.claims, [&](const Claim& claim) { return claim.id == id; });
      row.push_back(at == nullptr
                        ? kAbsent
                        : to_text(at->verdict) + (at->ratio ? ", " + ratio_text(*at->ratio) : std::string()));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

void add(Document& document, const std::string& id, const std::string& title, TextTable table) {
  if (table.rows.empty()) return;
  document.sections.push_back(
      {id, title, {}, {}, {std::move(table)}, id == "ratios" || id.starts_with("medians")});
}

}  // namespace

std::vector<FactDifference> fingerprint_differences(const std::vector<NamedRun>& runs) {
  std::set<std::string> names;
  for (const NamedRun& named : runs) {
    for (const auto& [name, value] : named.run.environment.fingerprint) names.insert(name);
  }
  std::vector<FactDifference> differences;
  for (const std::string& name : names) {
    FactDifference difference{one_line(name), {}};
    bool same = true;
    for (const NamedRun& named : runs) {
      const Facts& facts = named.run.environment.fingerprint;
      const Facts& first = runs.front().run.environment.fingerprint;
      const auto found = facts.find(name);
      const auto reference = first.find(name);
      difference.values.push_back(found == facts.end() ? "absent" : fact_text(found->second));
      same = same && (found == facts.end()) == (reference == first.end()) &&
             (found == facts.end() || found->second == reference->second);
    }
    if (!same) differences.push_back(std::move(difference));
  }
  return differences;
}

Document side_by_side(const std::vector<NamedRun>& runs) {
  Document document;
  document.title = fmt::format("{} runs side by side", runs.size());
  document.subtitle = "Containers and VMs; a column per run";
  if (const auto differences = fingerprint_differences(runs); !differences.empty()) {
    document.banners.push_back(fmt::format(
        "The environments differ in {}, listed first: figures of different columns were not taken "
        "under the same conditions.",
        counted(std::ssize(differences), "fact")));
    TextTable table = table_of(runs, {"fact"}, "");
    table.align = std::string(table.header.size(), 'l');
    for (const FactDifference& difference : differences) {
      std::vector<std::string> row{difference.fact};
      row.insert(row.end(), difference.values.begin(), difference.values.end());
      table.rows.push_back(std::move(row));
    }
    add(document, "differences", "What differs", std::move(table));
  }
  for (const NamedRun& named : runs) {
    for (const std::string& line : status_lines(named.run)) {
      document.banners.push_back(fmt::format("{}: {}", one_line(named.name), line));
    }
    for (const std::string& line : headlines(named.run)) {
      document.headlines.push_back(fmt::format("{}: {}", one_line(named.name), line));
    }
  }
  add(document, "runs", "The runs", runs_table(runs));
  add(document, "claims-verdicts", "Claims", claims(runs));
  add(document, "ratios", "Ratios", ratios(runs));
  std::vector<std::string> scenarios;
  for (const NamedRun& named : runs) {
    for (const Summary& summary : named.run.summaries) add_once(scenarios, summary.scenario);
  }
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    add(document, fmt::format("medians-{}", i + 1),
        fmt::format("Medians and their 95 % intervals: {}", one_line(scenarios[i])),
        medians_by_run(runs, scenarios[i]));
  }
  std::string names;
  for (const NamedRun& named : runs) names += " " + one_line(named.name);
  document.source = "A function of the stored runs; made again by: bench report" + names;
  return document;
}

}  // namespace bench
