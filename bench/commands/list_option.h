#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/commands/command.h"

namespace bench {

/// An option of several words, with commas or given several times: "html,csv". The parser's own splitting
/// drops an empty word, which a variable of a script that is not set becomes; here it is an error, as is a
/// word that `check` (one_of and the like) refuses. `shown`: the default, for the help.
CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& words,
                      const std::string& help, const std::function<std::string(const std::string&)>& check,
                      const std::string& shown = {});

}  // namespace bench
