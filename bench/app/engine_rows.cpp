#include "bench/app/engine_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "bench/base/error.h"

namespace bench {
namespace {

/// "Docker 26.1.5, api 1.45, socket /run/docker.sock"
std::string engine_text(const DriverRow& driver, const DriverInfo& info) {
  std::string text = fmt::format("{} {}", info.engine_name, info.engine_version);
  for (const std::string& key : driver.telling) {
    const auto found = info.engine.find(key);
    if (found == info.engine.end()) continue;
    const auto* value = std::get_if<std::string>(&found->second);
    if (value != nullptr && !value->empty()) text += fmt::format(", {} {}", key, *value);
  }
  return text;
}

bool is_said(const Warning& warning, const std::vector<EngineFinding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const EngineFinding& finding) { return finding.remedy == warning.remedy; });
}

}  // namespace

std::vector<DoctorRow> engine_rows(const DriverRow& driver, const DriverOptions& options) {
  if (!driver.built) {
    return {{driver.name, "driver", DoctorStatus::kMissing, "left out of this build: " + driver.left_out,
             "install what it needs and build again"}};
  }
  if (const auto obstacle = driver.obstacle != nullptr ? driver.obstacle(options) : std::nullopt) {
    return {{driver.name, "engine", DoctorStatus::kMissing, obstacle->text, obstacle->remedy}};
  }
  std::vector<DoctorRow> rows;
  std::vector<EngineFinding> findings;
  if (driver.findings != nullptr) findings = driver.findings(options);
  try {
    const auto opened = driver.make(options);
    const DriverInfo info = opened->info(driver.profiles.front().name);
    rows.push_back({driver.name, "engine", DoctorStatus::kOk, engine_text(driver, info), ""});
    for (const Warning& warning : info.warnings) {
      if (!is_said(warning, findings))
        rows.push_back({driver.name, "note", DoctorStatus::kWarn, warning.text, warning.remedy});
    }
  } catch (const Error& error) {
    rows.push_back({driver.name, "engine", DoctorStatus::kMissing, error.what(), error.remedy()});
  }
  for (const EngineFinding& finding : findings) {
    rows.push_back({driver.name, finding.item, finding.good ? DoctorStatus::kOk : DoctorStatus::kWarn,
                    finding.detail, finding.remedy});
  }
  return rows;
}

}  // namespace bench
