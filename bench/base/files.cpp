#include "bench/base/files.h"

#include <fstream>
#include <ios>
#include <iterator>

namespace bench {

std::optional<std::string> file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  try {
    return std::string(std::istreambuf_iterator<char>(file), {});
  } catch (const std::ios_base::failure&) {  // what libstdc++ says of a read that fails
    return std::nullopt;
  }
}

std::string file_text(const std::filesystem::path& path) {
  return file_bytes(path).value_or(std::string());
}

}  // namespace bench
