#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace bench {

/// A finding about this host is believed for a month, then found out again.
inline constexpr std::chrono::hours kFindingLife{24 * 30};

/// Seconds since 1970, for the field "found_at" of a finding that is stored.
std::int64_t finding_time();

/// How old a stored finding is. Nothing when it has expired, has no date, or is of the future.
std::optional<std::chrono::seconds> finding_age(const nlohmann::json& entry);

/// "found today", "found 1 day ago", "found 12 days ago".
std::string age_in_words(std::chrono::seconds age);

/// True while more wants to run than there are processors: what is slow now may not be slow as such.
bool host_is_busy();

}  // namespace bench
