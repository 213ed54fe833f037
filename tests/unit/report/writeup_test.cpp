#include "bench/report/view/writeup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "bench/core/claims.h"
#include "bench/report/render/html.h"
#include "bench/report/render/latex.h"
#include "bench/report/view/document.h"
#include "bench/report/view/numbers.h"
#include "bench/stats/derive.h"
#include "support/sample_run.h"
#include "unit/report/figures_data.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

bench::Run judged(bench::Run run) {
  run.claim_definitions = builtin_claims();
  derive(run);
  return run;
}

const Claim& claim(const bench::Run& run, std::string_view id) {
  for (const Claim& claim : run.claims) {
    if (claim.id == id) return claim;
  }
  throw std::out_of_range(std::string(id));
}

std::string paragraph(const bench::Run& run, const std::string& id) {
  return writeup(run).at(static_cast<std::size_t>(&claim(run, id) - run.claims.data()));
}

TEST(Writeup, HasAParagraphPerClaim) {
  const bench::Run run = judged(test::full_run());
  ASSERT_EQ(writeup(run).size(), run.claims.size());
  for (const std::string& text : writeup(run)) EXPECT_THAT(text, EndsWith("."));
  EXPECT_TRUE(writeup(bench::Run{}).empty());
}

TEST(Writeup, TakesItsFiguresFromTheRun) {
  const bench::Run run = judged(test::kvm_run());
  const Claim& found = claim(run, "start-up");
  EXPECT_THAT(
      paragraph(run, "start-up"),
      AllOf(HasSubstr("a ratio of " + ratio_text(*found.ratio)), HasSubstr(ratio_bracket(*found.ci95)),
            HasSubstr("20 paired rounds"), HasSubstr("This supports the claim “" + found.sentence + "”"),
            HasSubstr("on 2026-02-14"), HasSubstr("libvirt:direct with kvm"), HasSubstr("cache warm")));
}

TEST(Writeup, SaysWhatEmulationForbids) {
  EXPECT_THAT(paragraph(judged(test::sample_run()), "start-up"),
              AllOf(HasSubstr("libvirt:direct (TCG)"), HasSubstr("evidence neither for nor against"),
                    HasSubstr("not a figure for hardware virtualisation"), Not(HasSubstr("supports"))));
}

TEST(Writeup, CountsFailuresAndNamesAnInterruption) {
  bench::Run run = judged(test::run_with_failures());
  bool named = false;
  for (const std::string& text : writeup(run))
    named = named || text.find("failed trial") != std::string::npos;
  EXPECT_EQ(named, claim(run, "start-up").b == "libvirt:full");
  EXPECT_THAT(paragraph(judged(test::interrupted_run()), "start-up"), HasSubstr("the run is interrupted"));
}

TEST(Writeup, SaysWhatWasNotTested) {
  EXPECT_THAT(paragraph(judged(test::sample_run()), "image-size"),
              AllOf(HasSubstr("was not tested: "), Not(HasSubstr("Measured"))));
}

TEST(Writeup, HasTheSameSentencesInEveryFormat) {
  const bench::Run run = judged(test::full_run());
  const Document document = run_document(run, {});
  Drawings none;
  const std::string html = html_page(document, none, {});
  const std::string latex = latex_fragment(document, none);
  for (const std::string& text : writeup(run)) {
    EXPECT_THAT(html, HasSubstr(html_escaped(text)));
    EXPECT_THAT(latex, HasSubstr(latex_escaped(text)));
  }
}

}  // namespace
}  // namespace bench
