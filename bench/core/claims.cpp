#include "bench/core/claims.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/core/claims_json.h"

namespace bench {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kClaimsRemedy =
    "docs/claims.md describes the file; `bench list claims --json` shows one that works";

Names names(const JsonNode& node) {
  Names result;
  node.each([&](const JsonNode& item) {
    if (item.text().empty()) {
      item.fail("is empty");
    }
    result.push_back(item.text());
  });
  if (result.empty()) {
    node.fail("needs at least one name");
  }
  return result;
}

std::string filled(const JsonNode& node, const char* key) {
  std::string text = node.at(key).text();
  if (text.empty()) {
    node.at(key).fail("is empty");
  }
  return text;
}

std::string one_of(const JsonNode& node, const char* key, const Names& choices) {
  std::string text = node.at(key).text();
  if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
    node.at(key).fail(fmt::format("\"{}\" is none of {}", text, fmt::join(choices, ", ")));
  }
  return text;
}

void only(const JsonNode& node, const Names& known) {
  for (const std::string& key : node.keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      node.fail(
          fmt::format("the field \"{}\" has no place here; known here: {}", key, fmt::join(known, ", ")));
    }
  }
}

double within(const JsonNode& node, const char* key, double low, double high, const char* expected) {
  const double value = node.at(key).number();
  if (!(value >= low && value <= high)) {
    node.at(key).fail(expected);
  }
  return value;
}

void read_sides(const JsonNode& node, ClaimDefinition& claim) {
  claim.kind = *from_text<ClaimKind>(one_of(node, "kind", {"size", "speed", "memory"}));
  claim.side = filled(node, "side");
  claim.against = filled(node, "against");
  if (claim.side == claim.against) {
    node.at("against").fail("is the same as \"side\"");
  }
  claim.metrics = names(node.at("metrics"));
}

}  // namespace

ClaimDefinition read_claim_definition(const JsonNode& node) {
  ClaimDefinition claim;
  claim.id = filled(node, "id");
  claim.sentence = filled(node, "sentence");
  if (node.has("not_measured")) {
    only(node, {"id", "sentence", "not_measured"});
    claim.not_measured = filled(node, "not_measured");
    return claim;
  }
  read_sides(node, claim);
  if (node.has("explained_by")) {
    only(node,
         {"id", "sentence", "kind", "side", "against", "metrics", "explained_by", "share", "survives_in"});
    claim.explained_by = names(node.at("explained_by"));
    claim.share = within(node, "share", 1e-9, 1, "expected a share above 0 and at most 1");
    if (claim.metrics.size() != 1) {
      node.at("metrics").fail("a difference that is explained is that of one metric");
    }
    if (node.has("survives_in")) {
      claim.survives_in = names(node.at("survives_in"));
    }
    return claim;
  }
  only(node, {"id", "sentence", "kind", "side", "against", "metrics", "direction", "factor"});
  claim.direction = one_of(node, "direction", {"lower", "higher"});
  claim.factor = within(node, "factor", 1, 1e9, "expected a factor of at least 1: how much is \"much\"");
  return claim;
}

nlohmann::ordered_json claim_definition_json(const ClaimDefinition& claim) {
  nlohmann::ordered_json json = {{"id", claim.id}, {"sentence", claim.sentence}};
  if (!claim.not_measured.empty()) {
    json["not_measured"] = claim.not_measured;
    return json;
  }
  json["kind"] = to_text(claim.kind);
  json["side"] = claim.side;
  json["against"] = claim.against;
  json["metrics"] = claim.metrics;
  if (claim.explained_by.empty()) {
    json["direction"] = claim.direction;
    json["factor"] = claim.factor;
    return json;
  }
  json["explained_by"] = claim.explained_by;
  json["share"] = claim.share;
  if (!claim.survives_in.empty()) {
    json["survives_in"] = claim.survives_in;
  }
  return json;
}

std::vector<ClaimDefinition> read_claims(const std::string& text, const std::string& origin) {
  const JsonOrigin from{origin, kClaimsRemedy};
  const nlohmann::json json = parse_json(text, from);
  const JsonNode node(json, from);
  if (const JsonNode schema = node.at("schema"); schema.text() != kClaimsSchema) {
    schema.fail(fmt::format("this file is \"{}\", this program reads \"{}\"", schema.text(), kClaimsSchema));
  }
  only(node, {"schema", "claims"});
  std::vector<ClaimDefinition> claims;
  node.at("claims").each([&](const JsonNode& item) {
    ClaimDefinition claim = read_claim_definition(item);
    if (std::any_of(claims.begin(), claims.end(),
                    [&](const ClaimDefinition& other) { return other.id == claim.id; })) {
      item.at("id").fail(fmt::format("\"{}\" is there twice", claim.id));
    }
    claims.push_back(std::move(claim));
  });
  return claims;
}

std::vector<ClaimDefinition> load_claims(const std::filesystem::path& file) {
  const std::optional<std::string> text = file_bytes(file);
  if (!text) {
    throw Error(ErrorCode::kUsage, fmt::format("the claims file {} cannot be read", file.string()),
                kClaimsRemedy);
  }
  return read_claims(*text, file.string());
}

std::string claims_json(const std::vector<ClaimDefinition>& claims) {
  nlohmann::ordered_json json = {{"schema", kClaimsSchema}, {"claims", nlohmann::ordered_json::array()}};
  for (const ClaimDefinition& claim : claims) {
    json["claims"].push_back(claim_definition_json(claim));
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

const std::vector<ClaimDefinition>& builtin_claims() {
  static const std::vector<ClaimDefinition> claims =
      read_claims(builtin_claims_text(), "results/claims.json");
  return claims;
}

std::vector<ClaimDefinition> merged_claims(std::vector<ClaimDefinition> claims,
                                           const std::vector<ClaimDefinition>& more) {
  for (const ClaimDefinition& claim : more) {
    const auto same = std::find_if(claims.begin(), claims.end(),
                                   [&](const ClaimDefinition& other) { return other.id == claim.id; });
    if (same == claims.end()) {
      claims.push_back(claim);
    } else {
      *same = claim;
    }
  }
  return claims;
}

std::vector<ClaimDefinition> chosen_claims(std::vector<ClaimDefinition> stored,
                                           const std::vector<std::filesystem::path>& files) {
  std::vector<ClaimDefinition> claims = std::move(stored);
  if (claims.empty()) claims = builtin_claims();
  for (const std::filesystem::path& file : files) {
    claims = merged_claims(std::move(claims), load_claims(file));
  }
  return claims;
}

}  // namespace bench
