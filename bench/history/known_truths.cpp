#include "bench/history/known_truths.h"

#include "bench/stats/truth.h"

namespace bench {
namespace {

constexpr double kExactTolerance = 0.02;
/// Memory that an app takes may be memory that the guest's kernel had touched and given back before, which
/// the host still counts: how much that is differs from boot to boot (docs/memory.md).
constexpr double kReusedByGuest = 0.20;

/// One check: what moves when `app` stands in place of plain.
struct Check {
  std::string truth, app, scenario, metric, since, unit;
  TruthRule rule;
  bool vm_only = false;
};

std::vector<Check> checks_of(const std::string& kind) {
  const TruthRule delay{.expected = kTruthDelay};
  const TruthRule ballast{.expected = kTruthBallast};
  TruthRule ballast_on_host = ballast;
  if (kind == "vm") ballast_on_host.tolerance = ballast_on_host.widest = kReusedByGuest;
  const TruthRule bytes{.expected = kTruthBytes, .tolerance = kExactTolerance, .exact = true};
  std::vector<Check> checks = {
      {"delay", "delay", "startup", "startup.ready", "", "seconds", delay},
      {"delay", "delay", "startup", "startup.ready", "startup.runtime", "seconds", delay, true},
      {"ballast", "ballast", "memory", "memory.host_pss", "", "bytes", ballast_on_host},
      {"ballast", "ballast", "memory", "memory.guest_used", "", "bytes", ballast, true},
      {"size", "ballast", "size", "size.disk", "", "bytes", bytes},
      {"size", "ballast", "size", "size.transfer", "", "bytes", bytes},
  };
  if (kind != "vm") std::erase_if(checks, [](const Check& check) { return check.vm_only; });
  return checks;
}

KnownTruth measured(const Run& run, const std::string& target, const Check& check) {
  const TruthFinding finding =
      judge_truth(paired_differences(run, check.scenario, check.metric, with_app(target, "plain"),
                                     with_app(target, check.app), check.since),
                  check.rule);
  KnownTruth truth;
  truth.truth = check.truth;
  truth.target = target;
  truth.metric = check.since.empty() ? check.metric : kSinceFirstLine;
  truth.unit = check.unit;
  truth.expected = check.rule.expected;
  truth.tolerance = check.rule.tolerance;
  truth.measured = finding.measured;
  truth.range = finding.range;
  truth.n = finding.n;
  truth.verdict = finding.verdict;
  return truth;
}

}  // namespace

std::string with_app(const std::string& target, const std::string& app) {
  return target + "@" + app;
}

std::vector<KnownTruth> known_truths(const Run& run) {
  const std::string plain = with_app("", "plain");
  std::vector<KnownTruth> truths;
  for (const TargetInfo& info : run.targets) {
    if (!info.name.ends_with(plain)) continue;
    const std::string target = info.name.substr(0, info.name.size() - plain.size());
    for (const Check& check : checks_of(info.kind)) truths.push_back(measured(run, target, check));
  }
  return truths;
}

}  // namespace bench
