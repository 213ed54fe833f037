#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/core/run.h"

namespace bench {

inline constexpr const char* kClaimsSchema = "bench.claims/1";

/// A file of claims, described in docs/claims.md. Strict: a field that it does not know, a missing one, a
/// wrong type, an id that is there twice or a rule that cannot be judged throws Error{kCorrupt} naming
/// `origin`, the place in it and what was expected.
std::vector<ClaimDefinition> read_claims(const std::string& text, const std::string& origin);

/// The same from a file. Throws Error{kUsage} where it cannot be read, since a user named it.
std::vector<ClaimDefinition> load_claims(const std::filesystem::path& file);

/// The opposite of read_claims.
std::string claims_json(const std::vector<ClaimDefinition>& claims);

/// results/claims.json as it was when the program was built.
const std::vector<ClaimDefinition>& builtin_claims();
const char* builtin_claims_text();

/// What a run is judged by: `stored`, or the built-in ones where it has none, and those of the user's files.
std::vector<ClaimDefinition> chosen_claims(std::vector<ClaimDefinition> stored,
                                           const std::vector<std::filesystem::path>& files);

/// `more` after `claims`; one with an id that is already there takes the other's place.
std::vector<ClaimDefinition> merged_claims(std::vector<ClaimDefinition> claims,
                                           const std::vector<ClaimDefinition>& more);

}  // namespace bench
