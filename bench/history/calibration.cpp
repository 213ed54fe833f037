#include "bench/history/calibration.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/core/error.h"
#include "bench/core/paths.h"

namespace bench {
namespace {

using Json = nlohmann::ordered_json;

Json fact_json(const Fact& fact) {
  if (const bool* flag = std::get_if<bool>(&fact)) return *flag;
  if (const auto* whole = std::get_if<std::int64_t>(&fact)) return *whole;
  if (const double* real = std::get_if<double>(&fact)) return *real;
  if (const auto* text = std::get_if<std::string>(&fact)) return *text;
  return nullptr;
}

Fact to_fact(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return {};
}

}  // namespace

double Calibration::floor(const std::string& scenario, const std::string& metric,
                          const std::string& target) const {
  for (const NoiseFloor& row : floors) {
    if (row.metric == metric && row.target == target && row.scenario == scenario) return row.share;
  }
  return 0;
}

std::optional<Calibration> load_calibration(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const char* remedy = "delete it, or measure the noise again with bench calibrate";
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != kCalibrationSchema) {
      throw Error(ErrorCode::kCorrupt, fmt::format("{}: not {}", file.string(), kCalibrationSchema), remedy);
    }
    Calibration calibration;
    calibration.calibrated_at = json.at("calibrated_at").get<std::string>();
    for (const auto& [name, fact] : json.at("fingerprint").items())
      calibration.fingerprint[name] = to_fact(fact);
    for (const Json& row : json.at("floors")) {
      const NoiseFloor floor{row.at("scenario").get<std::string>(), row.at("metric").get<std::string>(),
                             row.at("target").get<std::string>(), row.at("share").get<double>()};
      if (!std::isfinite(floor.share) || floor.share < 0) {
        throw Error(ErrorCode::kCorrupt, fmt::format("{}: a noise floor of {}", file.string(), floor.share),
                    remedy);
      }
      calibration.floors.push_back(floor);
    }
    return calibration;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", file.string(), error.what()), remedy);
  }
}

void store_calibration(const Calibration& calibration, const std::filesystem::path& file) {
  Json json;
  json["schema"] = kCalibrationSchema;
  json["calibrated_at"] = calibration.calibrated_at;
  json["fingerprint"] = Json::object();
  for (const auto& [name, fact] : calibration.fingerprint) json["fingerprint"][name] = fact_json(fact);
  json["floors"] = Json::array();
  for (const NoiseFloor& row : calibration.floors) {
    json["floors"].push_back(
        {{"scenario", row.scenario}, {"metric", row.metric}, {"target", row.target}, {"share", row.share}});
  }
  write_file_atomically(file, json.dump(2) + "\n");
}

}  // namespace bench
