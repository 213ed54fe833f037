#include "drivers/finding.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace bench {

std::int64_t finding_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

std::optional<std::chrono::seconds> finding_age(const nlohmann::json& entry) {
  if (!entry.is_object()) return std::nullopt;
  const auto at = entry.find("found_at");
  if (at == entry.end() || !at->is_number_integer()) return std::nullopt;
  const std::int64_t then = at->get<std::int64_t>();
  const std::int64_t now = finding_time();
  if (then < 0 || then > now) return std::nullopt;
  const std::chrono::seconds age(now - then);
  return age < kFindingLife ? std::optional(age) : std::nullopt;
}

std::string age_in_words(std::chrono::seconds age) {
  const auto days = std::chrono::duration_cast<std::chrono::hours>(age).count() / 24;
  return days == 0 ? "found today" : fmt::format("found {} day{} ago", days, days == 1 ? "" : "s");
}

bool host_is_busy() {
  double load = 0;
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  return getloadavg(&load, 1) == 1 && processors > 0 && load > static_cast<double>(processors);
}

}  // namespace bench
