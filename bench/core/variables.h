#pragma once

#include <map>
#include <string>
#include <vector>

namespace bench {

/// Variables of the app's environment, by name. The values are often secrets: they go to the instance and
/// nowhere else. What is stored, shown and logged has their names, and their digests in place of the values.
using Variables = std::map<std::string, std::string>;

/// Letters, digits and _, with no digit first: what every shell can export.
bool is_variable_name(const std::string& name);

/// `text` with the name in brackets wherever a value stood, so that an app which prints its settings puts
/// none into a stored run: "[API_KEY]". A value of several lines is found line by line, as it stands and as
/// Python and JSON quote it. One of less than four letters is only taken where it is a word of its own.
std::string without_values(std::string text, const Variables& variables);

/// Written targets ("docker?env.NAME=VALUE,…") without the values that they set: "docker?env.NAME".
std::string without_set_values(std::string text);

/// The arguments of a command without the values of --env and of targets. What is left takes its values from
/// the environment, so it can be typed again.
std::vector<std::string> without_set_values(const std::vector<std::string>& argv);

}  // namespace bench
