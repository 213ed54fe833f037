#include "bench/history/calibration/calibration.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/json_number.h"
#include "bench/base/paths.h"

namespace bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRemedy = "delete it, or measure the noise again with bench calibrate";

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

std::optional<double> number(const Json& row, const char* name) {
  const auto found = row.find(name);
  return found == row.end() || found->is_null() ? std::nullopt : std::optional(found->get<double>());
}

NoiseFloor to_floor(const Json& row) {
  NoiseFloor floor{row.at("scenario").get<std::string>(), row.at("metric").get<std::string>(),
                   row.at("target").get<std::string>(), row.at("share").get<double>()};
  floor.between = number(row, "between").value_or(0);
  const std::optional<double> low = number(row, "between_low"), high = number(row, "between_high");
  if (low && high) floor.between_range = Interval{*low, *high};
  floor.within = number(row, "within");
  floor.detectable = number(row, "detectable");
  floor.runs = row.value("runs", 0);
  return floor;
}

Json to_json(const NoiseFloor& floor) {
  return {{"scenario", floor.scenario},
          {"metric", floor.metric},
          {"target", floor.target},
          {"share", floor.share},
          {"between", floor.between},
          {"between_low", floor.between_range ? Json(floor.between_range->low) : Json(nullptr)},
          {"between_high", floor.between_range ? Json(floor.between_range->high) : Json(nullptr)},
          {"within", number_or_null(floor.within)},
          {"detectable", number_or_null(floor.detectable)},
          {"runs", floor.runs}};
}

/// A word of an enumeration.
template <Spoken Value>
Value spoken(const Json& row, const char* name) {
  const std::string text = row.at(name).get<std::string>();
  const std::optional<Value> value = from_text<Value>(text);
  if (!value) {
    throw std::invalid_argument(fmt::format("{}: \"{}\" is none of: {}", name, text, all_words<Value>()));
  }
  return *value;
}

KnownTruth to_truth(const Json& row) {
  KnownTruth truth;
  truth.truth = row.at("truth").get<std::string>();
  truth.target = row.at("target").get<std::string>();
  truth.metric = row.at("metric").get<std::string>();
  truth.unit = spoken<Unit>(row, "unit");
  truth.expected = row.at("expected").get<double>();
  truth.tolerance = row.at("tolerance").get<double>();
  truth.measured = number(row, "measured");
  const std::optional<double> low = number(row, "low"), high = number(row, "high");
  if (low && high) truth.range = Interval{*low, *high};
  truth.n = row.at("n").get<int>();
  truth.verdict = spoken<TruthVerdict>(row, "verdict");
  return truth;
}

Json to_json(const KnownTruth& truth) {
  return {{"truth", truth.truth},
          {"target", truth.target},
          {"metric", truth.metric},
          {"expected", truth.expected},
          {"tolerance", truth.tolerance},
          {"unit", to_text(truth.unit)},
          {"measured", number_or_null(truth.measured)},
          {"low", truth.range ? Json(truth.range->low) : Json(nullptr)},
          {"high", truth.range ? Json(truth.range->high) : Json(nullptr)},
          {"n", truth.n},
          {"verdict", to_text(truth.verdict)}};
}

}  // namespace

double Calibration::floor(const std::string& scenario, const std::string& metric,
                          const std::string& target) const {
  for (const NoiseFloor& row : floors) {
    if (row.metric == metric && row.target == target && row.scenario == scenario) return row.share;
  }
  return 0;
}

bool Calibration::holds_for(const Environment& environment) const {
  const bool elsewhere = !host.empty() && environment.host && environment.host->id != host;
  return !elsewhere && fingerprint == environment.fingerprint;
}

std::optional<Calibration> load_calibration(const std::filesystem::path& file) {
  const std::optional<std::string> text = file_bytes(file);
  if (!text) return std::nullopt;
  try {
    const Json json = Json::parse(*text);
    if (json.at("schema") != kCalibrationSchema) {
      throw Error(ErrorCode::kCorrupt, fmt::format("{}: not {}", file.string(), kCalibrationSchema), kRemedy);
    }
    Calibration calibration;
    calibration.calibrated_at = json.at("calibrated_at").get<std::string>();
    for (const auto& [name, fact] : json.at("fingerprint").items())
      calibration.fingerprint[name] = to_fact(fact);
    for (const Json& row : json.at("floors")) {
      const NoiseFloor floor = to_floor(row);
      if (!std::isfinite(floor.share) || floor.share < 0) {
        throw Error(ErrorCode::kCorrupt, fmt::format("{}: a noise floor of {}", file.string(), floor.share),
                    kRemedy);
      }
      calibration.floors.push_back(floor);
    }
    if (const auto host = json.find("host"); host != json.end() && !host->is_null()) {
      calibration.host = host->get<std::string>();
    }
    calibration.rounds = json.value("rounds", 0);
    calibration.runs = json.value("runs", 0);
    for (const Json& row : json.value("truths", Json::array())) calibration.truths.push_back(to_truth(row));
    return calibration;
  } catch (const std::invalid_argument& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", file.string(), error.what()), kRemedy);
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", file.string(), error.what()), kRemedy);
  }
}

std::string calibration_text(const Calibration& calibration) {
  Json json;
  json["schema"] = kCalibrationSchema;
  json["calibrated_at"] = calibration.calibrated_at;
  json["fingerprint"] = Json::object();
  for (const auto& [name, fact] : calibration.fingerprint) json["fingerprint"][name] = fact_json(fact);
  json["host"] = calibration.host.empty() ? Json(nullptr) : Json(calibration.host);
  json["rounds"] = calibration.rounds;
  json["runs"] = calibration.runs;
  json["floors"] = Json::array();
  for (const NoiseFloor& floor : calibration.floors) json["floors"].push_back(to_json(floor));
  json["truths"] = Json::array();
  for (const KnownTruth& truth : calibration.truths) json["truths"].push_back(to_json(truth));
  return json.dump(2) + "\n";
}

void store_calibration(const Calibration& calibration, const std::filesystem::path& file) {
  write_file_atomically(file, calibration_text(calibration));
}

}  // namespace bench
