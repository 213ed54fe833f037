#include "bench/stats/judge/claims.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "bench/base/text.h"
#include "bench/stats/bootstrap.h"
#include "bench/stats/judge/claim_sides.h"
#include "bench/stats/judge/comparable.h"
#include "bench/stats/judge/compare.h"
#include "bench/stats/judge/equivalence.h"
#include "bench/stats/judge/marginal.h"

namespace bench {
namespace {

using enum ClaimVerdict;

/// In the order in which they decide: one pair for which a claim does not hold is enough.
constexpr std::array<ClaimVerdict, 4> kDeciding = {kNotSupported, kNotComparable, kInconclusive, kSupported};

std::string factor_text(double factor) {
  return fmt::format("{:.3g}×", factor);
}

std::string share_text(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

/// The comparison as the claim wants it, so that a ratio above 1 speaks for it.
std::optional<Comparison> comparison_for(const Run& run, const std::string& metric, const TargetInfo& a,
                                         const TargetInfo& b) {
  for (const Comparison& comparison : run.comparisons) {
    if (comparison.metric == metric && comparison.a == a.name && comparison.b == b.name) {
      return comparison;
    }
  }
  for (const Comparison& comparison : run.comparisons) {
    if (comparison.metric == metric && comparison.a == b.name && comparison.b == a.name) {
      Comparison turned = comparison;
      std::swap(turned.a, turned.b);
      turned.ratio = 1 / comparison.ratio;
      if (comparison.ci95) {
        turned.ci95 = Interval{1 / comparison.ci95->high, 1 / comparison.ci95->low};
      }
      return turned;
    }
  }
  return compare(run, scenario_of(run, metric), metric, a, b);
}

/// What forbids a verdict whatever the rule; empty verdict: nothing does.
void forbid(const Run& run, const TargetInfo& a, const TargetInfo& b, ClaimFinding& finding) {
  if (const std::string reason = not_comparable(spec_of(run, finding.metric), {run, a}, {run, b});
      !reason.empty()) {
    finding.verdict = kNotComparable;
    finding.why = reason;
  } else if (const std::string failed = too_many_failed(run, scenario_of(run, finding.metric), a, b);
             !finding.exact && !failed.empty()) {
    finding.verdict = kInconclusive;
    finding.why = failed;
  }
}

/// "exploratory: 8 paired rounds, a verdict needs 10"; empty: there are enough.
std::string too_few(const MetricSpec& spec, int n) {
  const bool slope = !spec.slope_of.empty();
  const int needed = slope ? kPassesForVerdict : kRoundsForVerdict;
  if (n >= needed) return {};
  return fmt::format("exploratory: {} {}, a verdict needs {}", n, slope ? "passes" : "paired rounds", needed);
}

void hold_against_factor(const ClaimDefinition& definition, const MetricSpec& spec, ClaimFinding& finding) {
  const std::string asked = fmt::format("{} that “much” asks for", factor_text(definition.factor));
  if (finding.exact) {
    const bool holds = *finding.ratio >= definition.factor;
    finding.verdict = holds ? kSupported : kNotSupported;
    finding.why = fmt::format("{} the {}", holds ? "at least" : "below", asked);
  } else if (!finding.ci95) {
    finding.verdict = kInconclusive;
    finding.why = fmt::format("{} paired round{}: no interval below {}", finding.n, finding.n == 1 ? "" : "s",
                              kRoundsForInterval);
  } else if (const std::string few = too_few(spec, finding.n); !few.empty()) {
    finding.verdict = kInconclusive;
    finding.why = few;
  } else if (finding.ci95->low >= definition.factor) {
    finding.verdict = kSupported;
    finding.why = fmt::format("the whole interval is at least the {}", asked);
  } else if (finding.ci95->high < definition.factor) {
    finding.verdict = kNotSupported;
    finding.why = fmt::format("the whole interval is below the {}", asked);
  } else {
    finding.verdict = kInconclusive;
    finding.why = fmt::format("the interval reaches from below the {} to above it", asked);
  }
}

ClaimFinding missing(const std::string& metric, const TargetInfo& a, const TargetInfo& b,
                     const std::string& why) {
  return {.metric = metric, .a = a.name, .b = b.name, .verdict = kInconclusive, .why = why};
}

ClaimFinding factor_finding(const Run& run, const ClaimDefinition& definition, const std::string& metric,
                            const TargetInfo& side, const TargetInfo& against) {
  const bool lower = from_text<Better>(definition.direction) != Better::kHigher;
  const auto comparison =
      lower ? comparison_for(run, metric, side, against) : comparison_for(run, metric, against, side);
  if (!comparison) {
    const std::string refused = no_ratio(spec_of(run, metric), {run, side}, {run, against});
    return missing(metric, side, against,
                   !refused.empty()
                       ? "no ratio: " + refused
                       : fmt::format("no {} of both {} and {}", metric, side.name, against.name));
  }
  ClaimFinding finding{.metric = metric, .a = side.name, .b = against.name};
  finding.ratio = comparison->ratio;
  finding.ci95 = comparison->ci95;
  finding.n = comparison->n;
  finding.exact = spec_of(run, metric).exact;
  forbid(run, side, against, finding);
  if (!finding.verdict) {
    hold_against_factor(definition, spec_of(run, metric), finding);
  }
  return finding;
}

/// "size.part.kernel" as "kernel"
std::vector<std::string> short_names(std::vector<std::string> metrics) {
  for (std::string& metric : metrics) {
    metric = metric.substr(metric.rfind('.') + 1);
  }
  return metrics;
}

/// In a leaner variant of both sides, does a difference remain? Empty: it does, or nobody measured.
std::string vanishes_in(const Run& run, const ClaimDefinition& definition, const ClaimFinding& finding) {
  for (const std::string& metric : definition.survives_in) {
    const auto a = median_of(run, finding.a, metric);
    const auto b = median_of(run, finding.b, metric);
    if (a && b && *a > 0 && *b / *a <= 1 + threshold_of(spec_of(run, metric))) {
      return fmt::format("no difference remains in {} ({})", metric, factor_text(*b / *a));
    }
  }
  return {};
}

/// The share of (against − side) that the named parts explain. A part that a side does not have is 0 there.
ClaimFinding share_finding(const Run& run, const ClaimDefinition& definition, const TargetInfo& side,
                           const TargetInfo& against) {
  const std::string& whole = definition.metrics.front();
  const auto a = median_of(run, side.name, whole);
  const auto b = median_of(run, against.name, whole);
  double explained = 0;
  bool any = false;
  for (const std::string& part : definition.explained_by) {
    const auto of_a = median_of(run, side.name, part);
    const auto of_b = median_of(run, against.name, part);
    any = any || of_a || of_b;
    explained += of_b.value_or(0) - of_a.value_or(0);
  }
  if (!a || !b || !any) {
    return missing(whole, side, against,
                   fmt::format("no {} with its parts of both {} and {}", whole, side.name, against.name));
  }
  ClaimFinding finding{.metric = whole, .a = side.name, .b = against.name, .n = 1};
  finding.exact = spec_of(run, whole).exact;
  forbid(run, side, against, finding);
  if (*a <= 0 || *b / *a <= 1 + threshold_of(spec_of(run, whole))) {
    if (!finding.verdict) {
      finding.verdict = kNotSupported;
      finding.why =
          fmt::format("{} of {} is not larger: there is no difference to explain", whole, against.name);
    }
    return finding;
  }
  finding.share = explained / (*b - *a);
  if (finding.verdict) {
    return finding;
  }
  const bool enough = *finding.share >= definition.share;
  const std::string gone = vanishes_in(run, definition, finding);
  finding.verdict = enough && gone.empty() ? kSupported : kNotSupported;
  finding.why = fmt::format("{} make {} of the difference; the claim asks for at least {}",
                            fmt::join(short_names(definition.explained_by), ", "), share_text(*finding.share),
                            share_text(definition.share));
  if (enough && !gone.empty()) {
    finding.why += "; but " + gone;
  }
  return finding;
}

/// The smaller, the less it speaks for the claim.
double favour(const ClaimFinding& finding) {
  return finding.ratio ? *finding.ratio : finding.share.value_or(-HUGE_VAL);
}

const ClaimFinding* deciding(const std::vector<ClaimFinding>& findings) {
  for (const ClaimVerdict verdict : kDeciding) {
    const ClaimFinding* least = nullptr;
    for (const ClaimFinding& finding : findings) {
      if (finding.verdict == verdict && (least == nullptr || favour(finding) < favour(*least))) {
        least = &finding;
      }
    }
    if (least != nullptr) {
      return least;
    }
  }
  return nullptr;
}

/// How the others came out, where there are others.
std::string among(const std::vector<ClaimFinding>& findings, ClaimVerdict verdict) {
  if (findings.size() < 2) {
    return {};
  }
  const auto holds = std::count_if(findings.begin(), findings.end(),
                                   [](const ClaimFinding& finding) { return finding.verdict == kSupported; });
  if (verdict == kNotSupported || verdict == kSupported) {
    return fmt::format("; it holds in {} of {} comparisons, the least favourable is shown", holds,
                       findings.size());
  }
  return fmt::format("; the least favourable of {} comparisons is shown", findings.size());
}

std::string bytes_text(std::int64_t bytes) {
  return fmt::format("{} MiB", bytes >> 20);
}

std::string conditions(const Run& run, const ClaimDefinition& definition, const TargetInfo& a,
                       const TargetInfo& b) {
  std::vector<std::string> words;
  if (definition.kind == ClaimKind::kSize) {
    words.emplace_back("exact, whatever the acceleration");
  } else {
    for (const TargetInfo* target : {&a, &b}) {
      if (target->traits.own_kernel()) {
        words.push_back(fmt::format("{} {}", target->name,
                                    target->acceleration == Acceleration::kTcg
                                        ? "emulated (TCG)"
                                        : "with " + to_text(target->acceleration)));
      }
    }
    const auto cache = run.conditions.find("cache");
    if (cache != run.conditions.end() && std::holds_alternative<std::string>(cache->second)) {
      words.push_back("cache " + std::get<std::string>(cache->second));
    }
    if (a.cpus > 0 && a.memory_bytes > 0) {
      words.push_back(
          fmt::format("{} CPU{}, {} each", a.cpus, a.cpus == 1 ? "" : "s", bytes_text(a.memory_bytes)));
    }
  }
  if (const std::string unknown = unverified(a, b); !unknown.empty()) {
    words.push_back(definition.kind == ClaimKind::kSize
                        ? "no running instance was asked for all of what must be the same"
                        : "not verified to be the same: " + unknown);
  }
  return fmt::format("{}", fmt::join(words, "; "));
}

/// The options of the run's own command that say what was measured: without them it would be something else.
std::string subject(const Run& run) {
  constexpr std::array<std::string_view, 10> kOptions = {
      "--app",        "--base",         "--image",  "--build",   "--port",
      "--ready-path", "--ready-status", "--kernel", "--modules", "--instrument"};
  std::string words;
  for (std::size_t i = 0; i < run.command.size(); ++i) {
    const std::string& word = run.command[i];
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    if (std::find(kOptions.begin(), kOptions.end(), name) == kOptions.end()) continue;
    if (name.size() < word.size()) {
      words += fmt::format(" {} {}", name, shell_word(word.substr(name.size() + 1)));
    } else if (i + 1 < run.command.size()) {
      words += fmt::format(" {} {}", name, shell_word(run.command[++i]));
    }
  }
  return words;
}

std::string command(const Run& run, const std::string& scenario, const std::string& targets,
                    const std::string& more = "") {
  return fmt::format("bench run {}{} --targets {}{}", scenario, subject(run), shell_word(targets), more);
}

/// What would settle what is open.
std::string settle(const Run& run, const ClaimFinding& finding, const TargetInfo& a, const TargetInfo& b) {
  const std::string scenario = scenario_of(run, finding.metric);
  const std::string targets = a.name + "," + b.name;
  if (finding.verdict == kNotComparable) {
    return !emulated_apart(spec_of(run, finding.metric), a, b).empty()
               ? "on a host with KVM: " + command(run, scenario, targets)
               : "the same app, Python, Flask and limits on both sides";
  }
  if (finding.verdict != kInconclusive) {
    return {};
  }
  const bool slope = !spec_of(run, finding.metric).slope_of.empty();  // more rounds do not tell more of it
  if (slope || (!finding.ratio && !finding.share)) {
    return command(run, scenario, targets);
  }
  return finding.n < kRoundsForVerdict
             ? command(run, scenario, targets, fmt::format(" --rounds {}", kRoundsForVerdict))
             : command(run, scenario, targets,
                       fmt::format(" --all-rounds --rounds {}", std::max(4 * finding.n, 40)));
}

bool measured(const Run& run, const ClaimDefinition& definition) {
  return std::any_of(run.summaries.begin(), run.summaries.end(), [&](const Summary& summary) {
    return std::find(definition.metrics.begin(), definition.metrics.end(), summary.metric) !=
           definition.metrics.end();
  });
}

Claim not_measured(Claim claim, std::string why, std::string settled_by) {
  claim.verdict = kNotMeasured;
  claim.why = std::move(why);
  claim.settle = std::move(settled_by);
  return claim;
}

std::vector<ClaimFinding> findings_of(const Run& run, const ClaimDefinition& definition,
                                      const ClaimSides& sides) {
  std::vector<ClaimFinding> findings;
  for (const std::string& metric : definition.metrics) {
    for (const TargetInfo* against : sides.against) {
      findings.push_back(definition.explained_by.empty()
                             ? factor_finding(run, definition, metric, *sides.side, *against)
                             : share_finding(run, definition, *sides.side, *against));
    }
  }
  return findings;
}

}  // namespace

Claim judge_claim(const Run& run, const ClaimDefinition& definition) {
  Claim claim;
  claim.id = definition.id;
  claim.sentence = definition.sentence;
  claim.kind = definition.kind;
  if (!definition.not_measured.empty() || definition.metrics.empty()) {
    return not_measured(std::move(claim), definition.not_measured, "");
  }
  claim.threshold = definition.explained_by.empty() ? definition.factor : definition.share;
  const std::string scenario = scenario_of(run, definition.metrics.front());
  const ClaimSides sides = claim_sides(run, definition);
  for (const auto& [word, there] : {std::pair(definition.side, sides.side != nullptr),
                                    std::pair(definition.against, !sides.against.empty())}) {
    if (!there) {
      return not_measured(
          std::move(claim),
          fmt::format("this run has no {} for it", from_text<Kind>(word) == Kind::kVm ? "VM" : word),
          "bench run " + scenario + subject(run));
    }
  }
  if (!measured(run, definition)) {
    return not_measured(std::move(claim),
                        fmt::format("this run did not measure {}", fmt::join(definition.metrics, ", ")),
                        command(run, scenario, sides.side->name + "," + sides.against.front()->name));
  }
  claim.findings = findings_of(run, definition, sides);
  const ClaimFinding& decides = *deciding(claim.findings);
  claim.verdict = *decides.verdict;
  claim.ratio = decides.ratio;
  claim.share = decides.share;
  claim.ci95 = decides.ci95;
  claim.n = decides.n;
  claim.exact = decides.exact;
  claim.metric = decides.metric;
  claim.a = decides.a;
  claim.b = decides.b;
  claim.why = decides.why + among(claim.findings, claim.verdict);
  const auto b = std::find_if(sides.against.begin(), sides.against.end(),
                              [&](const TargetInfo* target) { return target->name == decides.b; });
  claim.conditions = conditions(run, definition, *sides.side, **b);
  claim.settle = settle(run, decides, *sides.side, **b);
  return claim;
}

void judge_claims(Run& run) {
  run.claims.clear();
  for (const ClaimDefinition& definition : run.claim_definitions) {
    run.claims.push_back(judge_claim(run, definition));
  }
}

}  // namespace bench
