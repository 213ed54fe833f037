#pragma once

#include <filesystem>
#include <string>

#include "bench/core/variables.h"

namespace bench {

/// A script for the guest's shell that exports them, filled up with empty lines to whole sectors.
std::string variables_script(const Variables& variables);

/// Writes it as a raw disk that nobody but its owner can read. Throws Error{kIo}; nothing is left then.
void make_variables_disk(const Variables& variables, const std::filesystem::path& disk);

}  // namespace bench
