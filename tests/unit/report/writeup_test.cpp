#include "bench/report/view/writeup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "bench/core/claims.h"
#include "bench/report/render/html.h"
#include "bench/report/render/latex.h"
#include "bench/report/view/document.h"
#include "bench/report/view/numbers.h"
#include "bench/stats/judge/derive.h"
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
  bench::Run run = test::run_with_failures();
  const auto names_failures = [](const bench::Run& of) {
    const auto sentences = writeup(of);
    return std::any_of(sentences.begin(), sentences.end(), [](const std::string& text) {
      return text.find("failed trial") != std::string::npos;
    });
  };
  const bench::Run all = judged(run);
  ASSERT_EQ(claim(all, "start-up").b, "libvirt:direct") << "whose trials did not fail";
  EXPECT_FALSE(names_failures(all));
  std::erase_if(run.targets, [](const TargetInfo& target) { return target.name == "libvirt:direct"; });
  std::erase_if(run.samples, [](const Sample& sample) { return sample.target == "libvirt:direct"; });
  const bench::Run failed = judged(run);
  ASSERT_EQ(claim(failed, "start-up").b, "libvirt:full");
  EXPECT_TRUE(names_failures(failed));
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
  const auto sentences = writeup(run);
  EXPECT_THAT(sentences, ::testing::Not(::testing::IsEmpty()));
  for (const std::string& text : sentences) {
    EXPECT_THAT(html, HasSubstr(html_escaped(text)));
    EXPECT_THAT(latex, HasSubstr(latex_escaped(text)));
  }
}

}  // namespace
}  // namespace bench
