#include "bench/report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

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

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++found;
  return found;
}

/// Every element closed in the order in which it was opened, every attribute's value closed, each id once.
/// Style and script are skipped as the text that they are.
void expect_well_formed_page(const std::string& page) {
  static const std::set<std::string> kVoid = {"meta", "link", "img", "!DOCTYPE"};
  std::vector<std::string> open;
  std::set<std::string> ids;
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string::npos;) {
    std::size_t end = at + 1;
    for (char quote = 0; end < page.size() && (quote != 0 || page[end] != '>'); ++end) {
      if (quote != 0) {
        quote = page[end] == quote ? '\0' : quote;
      } else if (page[end] == '"' || page[end] == '\'') {
        quote = page[end];
      }
      ASSERT_TRUE(quote != 0 || page[end] != '<') << page.substr(at, 80);
    }
    ASSERT_LT(end, page.size()) << page.substr(at, 80);
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n\t/", 1) - (tag[0] == '/' ? 1 : 0));
    if (const std::size_t id = tag.find(" id="); id != std::string::npos) {
      const std::size_t from = id + 5;
      EXPECT_TRUE(ids.insert(tag.substr(from, tag.find(tag[id + 4], from) - from)).second) << tag;
    }
    at = end + 1;
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ(open.back(), name) << "before " << page.substr(at, 80);
      open.pop_back();
    } else if (!kVoid.contains(name) && tag.back() != '/') {
      open.push_back(name);
      if (name == "style" || name == "script") at = page.find("</" + name + ">", at);
    }
  }
  EXPECT_TRUE(open.empty());
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
    expect_well_formed_page(page_of(derived(run)));
  }
}

TEST(Html, TextFromOutsideStaysText) {
  const std::string page = page_of(test::hostile_full_run());
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_EQ(count(page, "</style"), 1U);
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
  EXPECT_EQ(count(page, "<p class=\"says\">"), run.claims.size());
}

TEST(Html, EveryFigureIsNamedAndLinked) {
  const bench::Run run = test::full_run();
  const std::string page = page_of(run);
  for (const Figure& figure : figures(run)) {
    EXPECT_THAT(page, AllOf(HasSubstr("role=\"img\" aria-label=\"" + html_escaped(figure.alt) + "\""),
                            HasSubstr(html_escaped(figure.caption)),
                            HasSubstr("href=\"charts/" + figure.id + ".png\"")));
  }
  EXPECT_EQ(count(page, "<svg"), figures(run).size());
}

TEST(Html, WithoutGnuplotThereIsTheRemedy) {
  const bench::Run run = test::full_run();
  Drawings drawings(figures(run), nullptr);
  const std::string page = html_page(run_document(run, {}), drawings, {"svg"});
  EXPECT_THAT(page, AllOf(HasSubstr("gnuplot-nox"), Not(HasSubstr("<figure")), Not(HasSubstr("charts/"))));
  expect_well_formed_page(page);
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
