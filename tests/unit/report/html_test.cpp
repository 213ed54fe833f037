#include "bench/report/render/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "support/sample_run.h"
#include "unit/report/figures_data.h"
#include "unit/report/rendering.h"

namespace bench {
namespace {

using test::derived;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page_of(const bench::Run& run) {
  Drawings drawings = test::fake_drawings(run);
  return html_page(run_document(run, test::rendering_options()), drawings, {"svg", "png"});
}

TEST(Html, Golden) {
  Drawings drawings = test::small_drawings();
  const std::string page = html_page(test::small_document(), drawings, {"svg", "png"});
  const std::size_t style = page.find("<style>");
  const std::size_t after = page.find("</style>");
  test::expect_same_as_golden("small.report.html", page.substr(0, style) + page.substr(after + 8));
}

TEST(Html, IsWellFormedWhateverTheRun) {
  for (const bench::Run& run :
       {test::sample_run(), test::run_with_failures(), test::dead_target_run(), test::one_target_run(),
        test::interrupted_run(), test::single_round_run(), test::mismatched_run(), test::unmarked_run(),
        test::empty_run(), bench::Run{}, test::full_run(), test::full_run({.memory = false}),
        test::hostile_full_run()}) {
    SCOPED_TRACE(run.run_id);
    test::expect_well_formed(page_of(derived(run)));
  }
}

TEST(Html, TextFromOutsideStaysText) {
  const std::string page = page_of(test::hostile_full_run());
  EXPECT_EQ(test::occurrences(page, "<script"), 1U);
  EXPECT_EQ(test::occurrences(page, "</style"), 1U);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, Not(HasSubstr("\xff")));
}

TEST(Html, ForbidsTheNetworkAndNeedsNone) {
  const std::string page = page_of(test::full_run());
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; "));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
}

TEST(Html, ThePolicyNamesThisScript) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ASSERT_EQ(EVP_Digest(kHtmlScript.data(), kHtmlScript.size(), digest.data(), &size, EVP_sha256(), nullptr),
            1);
  EXPECT_EQ(base64({reinterpret_cast<const char*>(digest.data()), size}), kHtmlScriptHash);
  EXPECT_THAT(page_of(test::sample_run()), HasSubstr("'sha256-" + std::string(kHtmlScriptHash) + "'"));
}

TEST(Html, VerdictsComeFirst) {
  const bench::Run run = test::hostile_full_run();
  const std::string page = page_of(run);
  ASSERT_FALSE(run.claims.empty());
  const std::size_t claims = page.find("<section id=\"claims\">");
  ASSERT_NE(claims, std::string::npos);
  EXPECT_LT(claims, page.find("<section id=\"figures\">"));
  EXPECT_LT(page.find("<section id=\"figures\">"), page.find("<section id=\"results\">"));
  EXPECT_EQ(test::occurrences(page, "<p class=\"says\">"), run.claims.size());
}

TEST(Html, EveryFigureIsNamedAndLinked) {
  const bench::Run run = test::full_run();
  const std::string page = page_of(run);
  for (const Figure& figure : figures(run)) {
    EXPECT_THAT(page, AllOf(HasSubstr("role=\"img\" aria-label=\"" + html_escaped(figure.alt) + "\""),
                            HasSubstr(html_escaped(figure.caption)),
                            HasSubstr("href=\"charts/" + figure.id + ".png\"")));
  }
  EXPECT_EQ(test::occurrences(page, "<svg"), figures(run).size());
}

TEST(Html, WithoutGnuplotThereIsTheRemedy) {
  const bench::Run run = test::full_run();
  Drawings drawings(figures(run), nullptr);
  const std::string page = html_page(run_document(run, {}), drawings, {"svg"});
  EXPECT_THAT(page, AllOf(HasSubstr("gnuplot-nox"), Not(HasSubstr("<figure")), Not(HasSubstr("charts/"))));
  test::expect_well_formed(page);
}

TEST(Html, AFigureWithVeryManyPointsIsAPicture) {
  const bench::Run run = test::full_run();
  Drawings drawings({figures(run).front()}, [](const Figure&, const std::string& format) {
    return format == "svg" ? "<svg width=\"8\">" + std::string(500'000, ' ') + "</svg>" : std::string("png");
  });
  const std::string page = html_page(run_document(run, {}), drawings, {});
  EXPECT_THAT(page, AllOf(HasSubstr("src=\"data:image/png;base64,cG5n\""), Not(HasSubstr("<svg"))));
  EXPECT_LT(page.size(), 1'000'000U);
}

TEST(Html, InlineSvgKeepsOnlyItsDrawing) {
  EXPECT_EQ(
      inline_svg("<?xml version=\"1.0\"?>\n<svg\n width=\"860\" height=\"324\" viewBox=\"0 0 860 324\"\n "
                 "xmlns=\"u\">\n<title>Gnuplot</title>\n<desc>by</desc><path stroke-width='2'/></svg>\n",
                 "a \"b\""),
      "<svg\n viewBox=\"0 0 860 324\"\n role=\"img\" aria-label=\"a &quot;b&quot;\"><path "
      "stroke-width='2'/></svg>");
  EXPECT_EQ(inline_svg("not a picture", "x"), "");
}

TEST(Html, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace bench
