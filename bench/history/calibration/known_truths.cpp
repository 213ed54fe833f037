#include "bench/history/calibration/known_truths.h"

#include "bench/core/first_metrics.h"
#include "bench/stats/judge/truth.h"

namespace bench {
namespace {

constexpr double kExactTolerance = 0.02;
/// A guest's kernel that puts itself at a random place touches another amount of RAM in each boot, which the
/// host counts and an app may be given (docs/memory.md).
constexpr double kBootsDiffer = 0.20;

/// One check: what moves when `app` stands in place of plain.
struct Check {
  std::string truth, app, scenario, metric, since;
  Unit unit = Unit::kNone;
  TruthRule rule;
  bool of_a_guest = false;  ///< there only where the instance has a kernel of its own
};

/// Every boot touches the same amount of RAM.
bool boots_alike(const TargetInfo& vm) {
  const auto found = vm.image.find("cmdline");
  const auto* line = found == vm.image.end() ? nullptr : std::get_if<std::string>(&found->second);
  return line != nullptr && line->find("nokaslr") != std::string::npos;
}

std::vector<Check> checks_of(const TargetInfo& target) {
  const bool own_kernel = target.traits.own_kernel();
  const TruthRule delay{.expected = kTruthDelay};
  const TruthRule ballast{.expected = kTruthBallast};
  TruthRule ballast_on_host = ballast;
  if (own_kernel && !boots_alike(target)) ballast_on_host.tolerance = ballast_on_host.widest = kBootsDiffer;
  const TruthRule bytes{.expected = kTruthBytes, .tolerance = kExactTolerance, .exact = true};
  std::vector<Check> checks = {
      {"delay", "delay", scenario::kStartup, metric::kReady, "", Unit::kSeconds, delay},
      {"delay", "delay", scenario::kStartup, metric::kReady, metric::kRuntime, Unit::kSeconds, delay, true},
      {"ballast", "ballast", scenario::kMemory, metric::kHostPss, "", Unit::kBytes, ballast_on_host},
      {"ballast", "ballast", scenario::kMemory, metric::kGuestUsed, "", Unit::kBytes, ballast, true},
      {"size", "ballast", scenario::kSize, metric::kDisk, "", Unit::kBytes, bytes},
      {"size", "ballast", scenario::kSize, metric::kTransfer, "", Unit::kBytes, bytes},
  };
  if (!own_kernel) std::erase_if(checks, [](const Check& check) { return check.of_a_guest; });
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
    for (const Check& check : checks_of(info)) truths.push_back(measured(run, target, check));
  }
  return truths;
}

}  // namespace bench
