#include <fmt/format.h>

#include "bench/base/text.h"
#include "bench/report/view/numbers.h"
#include "bench/report/view/parts.h"

namespace bench {
namespace {

/// "17× [16, 17], 20 rounds"; "2.94× (exact)"
template <typename Figure>  // Claim or ClaimFinding
std::string figures_text(const Figure& figure) {
  if (!figure.ratio && !figure.share) {
    return {};
  }
  std::string text = figure.ratio ? ratio_text(*figure.ratio) : percent_text(*figure.share);
  if (figure.ci95) {
    text += " " + ratio_bracket(*figure.ci95);
  }
  return text + (figure.exact ? " (exact)" : ", " + counted(figure.n, "round"));
}

/// A size is the same whatever the acceleration, so it carries no stamp.
template <typename Figure>
std::string pair_text(const Run& run, const Figure& figure) {
  return fmt::format("{}, {}", one_line(figure.metric),
                     figure.exact ? fmt::format("{} vs {}", one_line(figure.b), one_line(figure.a))
                                  : versus(run, figure.b, figure.a));
}

std::string evidence_text(const Run& run, const ClaimFinding& finding) {
  const std::string figures = figures_text(finding);
  return fmt::format("{}: {}{}", pair_text(run, finding), figures.empty() ? "" : figures + ", ",
                     finding.verdict ? to_text(*finding.verdict) : std::string());
}

}  // namespace

std::vector<ClaimView> claim_views(const Run& run) {
  std::vector<ClaimView> views;
  for (const Claim& claim : run.claims) {
    ClaimView view;
    view.id = one_line(claim.id);
    view.sentence = one_line(claim.sentence);
    view.verdict = claim.verdict;
    view.figures = figures_text(claim);
    if (!claim.metric.empty()) {
      view.against = pair_text(run, claim);
    }
    view.conditions = one_line(claim.conditions);
    view.why = one_line(claim.why);
    view.settle = one_line(claim.settle);
    if (claim.findings.size() > 1) {
      for (const ClaimFinding& finding : claim.findings) {
        view.evidence.push_back(evidence_text(run, finding));
      }
    }
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace bench
