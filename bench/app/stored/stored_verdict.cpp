#include "bench/app/stored/stored_verdict.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "bench/base/error.h"

namespace bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVerdictRemedy = "bench gate RUN makes it anew";

/// Text, or nothing where the field is null or absent.
std::string text(const Json& finding, const char* field) {
  const auto found = finding.find(field);
  return found == finding.end() || found->is_null() ? std::string() : found->get<std::string>();
}

MetricVerdict verdict_of(const Json& finding) {
  MetricVerdict verdict;
  verdict.scenario = text(finding, "scenario");
  verdict.metric = text(finding, "metric");
  verdict.target = text(finding, "target");
  if (const std::string against = text(finding, "against"); !against.empty())
    verdict.target += " / " + against;
  const std::string word = finding.at("verdict").get<std::string>();
  const std::optional<GateVerdict> known = from_text<GateVerdict>(word);
  if (!known) {
    throw std::invalid_argument(
        fmt::format("verdict: \"{}\" is none of: {}", word, all_words<GateVerdict>()));
  }
  verdict.verdict = *known;
  verdict.why = text(finding, "why");
  verdict.decides = finding.value("decides", true);
  return verdict;
}

}  // namespace

std::vector<MetricVerdict> stored_verdicts(const std::filesystem::path& dir, const std::string& run_id) {
  const std::filesystem::path path = dir / "verdict.json";
  std::ifstream file(path, std::ios::binary);
  std::vector<MetricVerdict> verdicts;
  if (!file) return verdicts;
  try {
    const Json json = Json::parse(file);
    if (json.at("run_id").get<std::string>() != run_id) {
      throw Error(ErrorCode::kCorrupt, fmt::format("{} is of another run", path.string()), kVerdictRemedy);
    }
    for (const Json& finding : json.at("findings")) verdicts.push_back(verdict_of(finding));
  } catch (const std::invalid_argument& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", path.string(), error.what()), kVerdictRemedy);
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", path.string(), error.what()), kVerdictRemedy);
  }
  return verdicts;
}

}  // namespace bench
