#include "bench/report/view/writeup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "bench/base/text.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"

namespace bench {
namespace {

/// A metric as the subject of a sentence.
std::string subject(const Run& run, const std::string& metric) {
  return one_line(subject_words(spec_of(run, metric), metric));
}

/// What was found: the two sides and how they relate. Empty where there is no figure.
std::string finding(const Run& run, const Claim& claim) {
  const Summary* a = find_summary(run, claim.a, claim.metric);
  const Summary* b = find_summary(run, claim.b, claim.metric);
  if (a == nullptr || b == nullptr || (!claim.ratio && !claim.share)) return {};
  const std::array<double, 2> medians = {a->median, b->median};
  const Scale scale = scale_for(a->unit, medians);
  const std::string of_a = stamped(run, claim.a) + " " + with_unit(a->median, scale);
  const std::string of_b = stamped(run, claim.b) + " " + with_unit(b->median, scale);
  if (!claim.ratio) {
    return fmt::format("Of the difference in {} ({}; {}), {} lies in what only a machine of its own needs. ",
                       subject(run, claim.metric), of_a, of_b, percent_text(*claim.share));
  }
  std::string precision = "counted, not sampled";
  if (!claim.exact) {
    precision = claim.ci95 ? fmt::format("95 % interval {}, ", ratio_bracket(*claim.ci95)) : std::string();
    precision += counted(claim.n, "paired round");
  }
  return fmt::format("The {}{} was: {}; {}; a ratio of {} ({}). ", claim.exact ? "" : "median ",
                     subject(run, claim.metric), of_a, of_b, ratio_text(*claim.ratio), precision);
}

/// Ends in a full stop, whatever it ended in.
std::string sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

std::string judgement(const Claim& claim) {
  const std::string quoted = fmt::format("“{}”", one_line(claim.sentence));
  const std::string why = one_line(claim.why);
  std::string rule;
  if (claim.threshold) {
    rule = claim.share ? fmt::format(" (the rule asks for at least {:.0f} %)", *claim.threshold * 100)
                       : fmt::format(" (“much” is taken as at least {:.3g}×)", *claim.threshold);
  }
  if (claim.verdict == ClaimVerdict::kSupported)
    return fmt::format("This supports the claim {}{}.", quoted, rule);
  static const std::map<ClaimVerdict, const char*> says = {
      {ClaimVerdict::kNotSupported, "This does not support the claim"},
      {ClaimVerdict::kNotComparable, "This is evidence neither for nor against the claim"},
      {ClaimVerdict::kInconclusive, "This does not decide the claim"}};
  const auto said = says.find(claim.verdict);
  return sentence(said == says.end() ? fmt::format("The claim {} was not tested: {}", quoted, why)
                                     : fmt::format("{} {}: {}", said->second, quoted, why));
}

std::string fact(const Run& run, const char* name) {
  const auto found = run.environment.fingerprint.find(name);
  const bool known =
      found != run.environment.fingerprint.end() && !std::holds_alternative<std::monostate>(found->second);
  return known ? fact_text(found->second) : std::string();
}

/// On what and under which conditions, and what it does not say.
std::string caveat(const Run& run, const Claim& claim) {
  std::string text =
      fmt::format(" Measured{} with bench {}",
                  run.started_at.size() < 10 ? "" : " on " + one_line(run.started_at.substr(0, 10)),
                  one_line(run.suite_version));
  if (const std::string model = fact(run, "cpu_model"); !model.empty()) text += " on " + model;
  if (const std::string cores = fact(run, "cores"); !cores.empty()) {
    text += fmt::format(", {} core{}", cores, cores == "1" ? "" : "s");
  }
  if (const std::string kernel = fact(run, "kernel"); !kernel.empty()) text += ", kernel " + kernel;
  if (!claim.conditions.empty()) text += "; " + one_line(claim.conditions);
  const auto failed = std::count_if(run.failures.begin(), run.failures.end(), [&](const Failure& failure) {
    return !failure.warmup && (failure.target == claim.a || failure.target == claim.b);
  });
  if (failed > 0) text += fmt::format("; {} left out", counted(failed, "failed trial"));
  if (run.status != RunStatus::kComplete) text += fmt::format("; the run is {}", to_text(run.status));
  return text + (claim.exact ? ". Images built from another base have other sizes."
                             : ". The interval says how well this host's ratio is known, not what another "
                               "host would give.");
}

}  // namespace

std::vector<std::string> writeup(const Run& run) {
  std::vector<std::string> paragraphs;
  paragraphs.reserve(run.claims.size());
  for (const Claim& claim : run.claims) {
    const std::string found = finding(run, claim);
    paragraphs.push_back(found + judgement(claim) + (found.empty() ? "" : caveat(run, claim)));
  }
  return paragraphs;
}

}  // namespace bench
