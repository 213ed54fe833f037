#include "bench/core/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/base/error.h"
#include "bench/core/run_json.h"
#include "support/sample_run.h"

namespace bench {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

const ClaimDefinition& builtin(const std::string& id) {
  for (const ClaimDefinition& claim : builtin_claims()) {
    if (claim.id == id) return claim;
  }
  throw std::runtime_error("no claim " + id);
}

/// What is said when the built-in file is changed so.
std::string claims_error_after(const std::function<void(Json&)>& change) {
  Json json = Json::parse(builtin_claims_text());
  change(json);
  try {
    read_claims(json.dump(), "mine.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.remedy(), HasSubstr("docs/claims.md"));
    return error.what();
  }
  return "no error";
}

TEST(Claims, TheBuiltInOnesAreThoseOfTheFile) {
  EXPECT_EQ(builtin_claims().size(), 4U);
  EXPECT_EQ(builtin("image-size").metrics, (std::vector<std::string>{"size.transfer", "size.disk"}));
  EXPECT_EQ(builtin("image-size").factor, 2);
  EXPECT_EQ(builtin("start-up").kind, ClaimKind::kSpeed);
  EXPECT_EQ(builtin("one-layer").share, 0.5);
  EXPECT_FALSE(builtin("any-os").not_measured.empty());
}

TEST(Claims, AreReadBackAsWritten) {
  EXPECT_EQ(read_claims(claims_json(builtin_claims()), "x"), builtin_claims());
  bench::Run run = test::sample_run_all();
  EXPECT_EQ(run_from_json(to_json(run)).claim_definitions, builtin_claims());
}

TEST(Claims, ErrorsNameTheFileThePlaceAndWhatWasExpected) {
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][0].erase("factor"); }),
            "mine.json: claims[0]: the field \"factor\" is missing");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][0]["factor"] = 0.5; }),
            "mine.json: claims[0].factor: expected a factor of at least 1: how much is \"much\"");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][0]["factor"] = "2"; }),
            "mine.json: claims[0].factor: expected a number");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][0]["kind"] = "colour"; }),
            "mine.json: claims[0].kind: \"colour\" is none of size, speed, memory");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][0]["metrics"] = Json::array(); }),
            "mine.json: claims[0].metrics: needs at least one name");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][0]["against"] = "container"; }),
            "mine.json: claims[0].against: is the same as \"side\"");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][1]["share"] = 1.5; }),
            "mine.json: claims[1].share: expected a share above 0 and at most 1");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][1]["metrics"].push_back("size.disk"); }),
            "mine.json: claims[1].metrics: a difference that is explained is that of one metric");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][2]["id"] = "image-size"; }),
            "mine.json: claims[2].id: \"image-size\" is there twice");
  EXPECT_EQ(claims_error_after([](Json& j) { j["claims"][2]["sentence"] = ""; }),
            "mine.json: claims[2].sentence: is empty");
  EXPECT_THAT(claims_error_after([](Json& j) { j["claims"][0]["metric"] = "size.disk"; }),
              HasSubstr("claims[0]: the field \"metric\" has no place here; known here: id, sentence, kind"));
  EXPECT_THAT(claims_error_after([](Json& j) { j["schema"] = "bench.claims/2"; }),
              HasSubstr("this file is \"bench.claims/2\", this program reads \"bench.claims/1\""));
  EXPECT_THAT(claims_error_after([](Json& j) { j["claims"] = "none"; }),
              HasSubstr("claims: expected a list"));
}

TEST(Claims, ADamagedFileIsNamed) {
  try {
    read_claims("{\"schema\": \"bench.claims/1\", ", "mine.json");
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("mine.json: not valid JSON at byte"));
  }
}

class ClaimsFile : public ::testing::Test {
 protected:
  ~ClaimsFile() override { std::filesystem::remove(path_); }
  void write(const std::string& text) { std::ofstream(path_) << text; }
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("bench-claims-" + std::to_string(::getpid()) + ".json");
};

TEST_F(ClaimsFile, AddsToTheBuiltInClaimsAndReplacesTheSameId) {
  write(R"({"schema": "bench.claims/1", "claims": [
    {"id": "memory", "sentence": "less memory", "kind": "memory", "side": "container", "against": "libvirt:full",
     "metrics": ["memory.host_pss"], "direction": "lower", "factor": 3},
    {"id": "start-up", "sentence": "ten times", "kind": "speed", "side": "container", "against": "vm",
     "metrics": ["startup.ready"], "direction": "lower", "factor": 10}]})");
  const auto claims = chosen_claims({}, {path_});
  ASSERT_EQ(claims.size(), builtin_claims().size() + 1);
  EXPECT_EQ(claims[2].factor, 10) << "in the place of the built-in one";
  EXPECT_EQ(claims.back().id, "memory");
  EXPECT_EQ(chosen_claims({claims.back()}, {}).size(), 1U) << "a stored run keeps its own";
}

TEST_F(ClaimsFile, ThatIsNotThereIsAUsageError) {
  for (const auto& path : {path_, std::filesystem::temp_directory_path()}) {
    try {
      load_claims(path);
      FAIL() << "read " << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
    }
  }
}

}  // namespace
}  // namespace bench
