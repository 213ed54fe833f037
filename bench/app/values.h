#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/base/clock.h"

namespace bench {

/// Checks of an option's text for CLI11: empty when it may stand, else why not. Its own conversions take "-1"
/// for a large number, a larger one than there is for the largest, and "" for nothing given.
std::string not_empty(const std::string& text);
std::string not_negative(const std::string& text);
std::function<std::string(const std::string&)> one_of(std::vector<std::string> known);

/// "did you mean 'startup'? " where a known word is one or two letters away (two that changed places are
/// one), else empty: the beginning of a remedy.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

/// "512M", "1GiB", "536870912": bytes; K, M, G are powers of 1024. Throws Error{kUsage} naming `option`.
std::int64_t parse_bytes(const std::string& text, const std::string& option);

/// How many CPUs or how much memory an instance gets. Throw Error{kUsage}, which begins with `what`, for a
/// text that is no such number, or that this host or a guest with Python cannot have.
int require_cpus(const std::string& text, const std::string& what);
std::int64_t require_memory(const std::string& text, const std::string& what);

/// "90", "90s", "10m", "1.5h": seconds. Throws Error{kUsage} naming `option`.
Seconds parse_duration(const std::string& text, const std::string& option);

/// Now, as RFC 3339 in UTC ("2026-01-31T12:00:00Z"), and as a part of a file name ("20260131T120000Z").
std::string utc_now();
std::string utc_now_compact();

}  // namespace bench
