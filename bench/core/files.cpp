#include "bench/core/files.h"

#include <fstream>
#include <iterator>

namespace bench {

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace bench
