#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/variables.h"

namespace bench {

/// What --env and --env-file give: the files in their order, then the settings; what comes later counts. One
/// file, and the settings, have a name once.
/// A setting is "NAME=VALUE", or "NAME" for the value that this process's environment has. A file has one a
/// line, as Docker reads it. Throws Error{kUsage}, which names the place and never a value.
Variables given_variables(const std::vector<std::string>& settings,
                          const std::vector<std::filesystem::path>& files);

/// The variables of "TARGET?env.NAME=VALUE", held to the same rules. `where`: the target in words.
Variables target_variables(const std::map<std::string, std::optional<std::string>>& written,
                           const std::string& where);

/// For an app that bench's own launcher starts, by a shell. Throws Error{kUsage} for a name that would not
/// reach it. An image may have any.
void require_startable(const Variables& variables, const std::string& where);

/// What is stored of a value: "hmac-sha256:…". Equal for equal values of one name on one host, and of no use
/// for guessing a value without the key: BENCH_ENV_KEY, else the machine-id, else a random one that is kept.
std::map<std::string, std::string> digests_of(const Variables& variables,
                                              const std::filesystem::path& sysroot = "/");

/// "MODE.3f2a9c01": what the name of a target has of its variables, each with the first digits of its digest.
std::map<std::string, std::optional<std::string>> names_with_digests(const Variables& variables);

}  // namespace bench
