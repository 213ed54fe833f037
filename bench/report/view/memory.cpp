#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

#include "bench/base/lists.h"
#include "bench/core/first_metrics.h"
#include "bench/core/process_role.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"
#include "bench/stats/judge/comparable.h"

namespace bench {
namespace {

constexpr const char* kMemoryScenario = scenario::kMemory;

constexpr std::array<Named, 11> kMemoryFigures = {{{metric::kHostPss, "PSS on the host"},
                                                   {metric::kMemoryPart, "  of it "},
                                                   {metric::kHostRss, "RSS on the host"},
                                                   {metric::kHostUss, "USS on the host"},
                                                   {metric::kCgroup, "cgroup"},
                                                   {metric::kCgroupAnon, "  anonymous"},
                                                   {metric::kCgroupFile, "  files"},
                                                   {metric::kCgroupKernel, "  kernel"},
                                                   {metric::kVmmOverhead, "VMM without guest RAM"},
                                                   {metric::kGuestUsed, "used, says the guest"},
                                                   {metric::kOneMore, "one more instance"}}};

constexpr std::array<Named, 5> kLoaded = {{{metric::kLoadedPss, "PSS on the host"},
                                           {metric::kLoadedRss, "RSS on the host"},
                                           {metric::kLoadedUss, "USS on the host"},
                                           {metric::kLoadedCgroup, "cgroup"},
                                           {metric::kLoadedGuestUsed, "used, says the guest"}}};

Scale mebibytes() {
  return {1 << 20, "MiB"};
}

/// Adds a row where at least one target has the figure. `interval`: its interval in place of its median.
void add_memory_row(TextTable& table, const Run& run, const std::vector<const TargetInfo*>& targets,
                    const std::string& words, const std::string& metric, bool interval = false) {
  std::vector<std::string> row = {words};
  bool any = false;
  for (const TargetInfo* target : targets) {
    const Summary* summary = find_summary(run, kMemoryScenario, target->name, metric);
    const bool known = summary != nullptr && (!interval || summary->ci95);
    any = any || known;
    row.push_back(!known     ? kAbsent
                  : interval ? bracket(*summary->ci95, mebibytes())
                             : in_scale(summary->median, mebibytes()));
  }
  if (any) table.rows.push_back(std::move(row));
}

/// The roles of the processes that an instance costs, as they first appear.
std::vector<std::string> roles_of(const Run& run) {
  const std::string prefix = metric::kMemoryPart;
  std::vector<std::string> roles;
  for (const Summary& summary : run.summaries) {
    if (summary.scenario == kMemoryScenario && summary.metric.starts_with(prefix)) {
      add_once(roles, summary.metric.substr(prefix.size()));
    }
  }
  return roles;
}

/// A column per target, a row per figure that any of them has.
TextTable memory_table(const Run& run, const std::vector<const TargetInfo*>& targets,
                       const std::string& title, std::span<const Named> figures) {
  TextTable table;
  table.title = title;
  table.header = {""};
  for (const TargetInfo* target : targets) table.header.push_back(stamped(*target));
  table.align = "l" + std::string(targets.size(), 'r');
  for (const Named& figure : figures) {
    const std::string metric = figure.metric;
    if (metric != metric::kMemoryPart) {
      add_memory_row(table, run, targets, figure.words, metric);
      continue;
    }
    add_memory_row(table, run, targets, "  95 % interval", metric::kHostPss, true);
    for (const std::string& role : roles_of(run)) {
      add_memory_row(table, run, targets, figure.words + one_line(role_words(run, role)), metric + role);
    }
  }
  return table;
}

/// One more instance, by two ways of counting, and why they differ.
TextTable marginal(const Run& run, const std::vector<const TargetInfo*>& targets) {
  TextTable table;
  table.title = "What one more instance takes from the host's available memory, in MiB";
  table.header = {"target", "per instance", "95 % interval", "passes", "up to", "PSS", "apart"};
  table.align = "lrrrrrr";
  for (const TargetInfo* target : targets) {
    const Summary* slope = find_summary(run, kMemoryScenario, target->name, metric::kOneMore);
    if (slope == nullptr) {
      continue;
    }
    double most = 0;
    for (const Sample& sample : run.samples) {
      if (sample.target == target->name && sample.metric == metric::kAvailable && !sample.warmup) {
        most = std::max(most, sample.at.value_or(0));
      }
    }
    const Summary* pss = find_summary(run, kMemoryScenario, target->name, metric::kHostPss);
    const double apart = pss == nullptr ? 0 : slope->median - pss->median;
    table.rows.push_back(
        {stamped(*target), in_scale(slope->median, mebibytes()),
         slope->ci95 ? bracket(*slope->ci95, mebibytes()) : kAbsent, std::to_string(slope->n),
         most > 0 ? fmt::format("{:.0f} at once", most) : kUnknown,
         pss == nullptr ? kAbsent : in_scale(pss->median, mebibytes()),
         pss == nullptr ? kAbsent : (apart < 0 ? "−" : "+") + in_scale(std::abs(apart), mebibytes())});
    const std::string name = stamped(*target);
    if (!is_quotable(spec_of(run, slope->metric), slope->ci95)) {
      table.notes.push_back(
          slope->ci95 ? name +
                            ": the interval holds 0: the host's memory moved by as much as the instances "
                            "took; no figure to quote"
                      : name + ": one pass: no interval, so no figure to quote");
      continue;
    }
    if (pss == nullptr) continue;
    if (pss->median >= slope->ci95->low && pss->median <= slope->ci95->high) {
      table.notes.push_back(fmt::format("{}: PSS lies in the interval: both ways of counting agree", name));
    } else if (apart > 0) {
      const Summary* kernel = find_summary(run, kMemoryScenario, target->name, metric::kCgroupKernel);
      table.notes.push_back(fmt::format(
          "{}: more than PSS: what no process owns is counted too: kernel memory (page tables, sockets, "
          "network "
          "interfaces{}), pages of the instance's own files, what the engine's daemon grows by",
          name,
          kernel == nullptr ? ""
                            : fmt::format("; {} in its cgroup", with_unit(kernel->median, mebibytes()))));
    } else {
      table.notes.push_back(fmt::format(
          "{}: less than PSS: with more instances each carries a smaller share of pages that all of them "
          "use, and "
          "pages of files that were already cached can be had back, so they never counted as taken",
          name));
    }
  }
  return table;
}

TextTable questions(const Run& run) {
  TextTable table;
  table.title = "Which figure to quote";
  table.header = {"for the question", "quote"};
  table.align = "ll";
  const std::array<std::array<const char*, 3>, 7> rows = {
      {{metric::kHostPss, "what does one instance cost this host?", "PSS on the host"},
       {metric::kOneMore, "how many more fit? (daemons and kernel included)", "one more instance"},
       {metric::kHostUss, "what is certainly free again when it stops?", "USS on the host"},
       {metric::kHostRss, "what do top and ps show?", "RSS (shared pages counted in full)"},
       {metric::kCgroup, "what is held against a memory limit?", "cgroup (with page cache)"},
       {metric::kVmmOverhead, "what does the machinery of the VM itself need?", "VMM without guest RAM"},
       {metric::kGuestUsed, "how full is the guest?", "used, says the guest (no host cost)"}}};
  for (const auto& [metric, question, figure] : rows) {
    const bool measured = std::any_of(run.summaries.begin(), run.summaries.end(),
                                      [name = metric](const Summary& one) { return one.metric == name; });
    if (measured) table.rows.push_back({question, figure});
  }
  return table;
}

}  // namespace

std::vector<TextTable> memory_tables(const Run& run) {
  const std::vector<const TargetInfo*> targets = measured_targets(run, kMemoryScenario);
  if (targets.empty()) {
    return {};
  }
  std::vector<TextTable> tables = {
      memory_table(run, targets, "Memory of one instance, in MiB: medians, settled after ready",
                   kMemoryFigures),
      memory_table(run, targets, "The same after 100 requests, in MiB", kLoaded), marginal(run, targets),
      questions(run)};
  std::erase_if(tables, [](const TextTable& table) { return table.rows.empty(); });
  return tables;
}

}  // namespace bench
