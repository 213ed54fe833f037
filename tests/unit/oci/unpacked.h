#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "bench/base/files.h"
#include "bench/images/oci/unpack.h"
#include "support/directory.h"
#include "unit/oci/made_image.h"

namespace bench::test {

/// An image of these layers, unpacked. Only root can give files to others and make devices.
class Unpacked {
 public:
  explicit Unpacked(const std::vector<std::vector<TarEntry>>& layers, const std::string& packing = "gzip") {
    std::vector<std::string> tars;
    for (const auto& layer : layers) tars.push_back(tar_of(layer));
    unpack_tars(tars, packing);
  }
  explicit Unpacked(const std::vector<std::string>& tars) { unpack_tars(tars, ""); }

  [[nodiscard]] std::filesystem::path at(const std::string& path) const { return top() / path; }
  [[nodiscard]] std::filesystem::path top() const { return dir_.path() / "tree"; }
  [[nodiscard]] std::string text(const std::string& path) const {
    return file_bytes(at(path)).value_or("(no file)");
  }
  [[nodiscard]] bool has(const std::string& path) const {
    return std::filesystem::symlink_status(at(path)).type() != std::filesystem::file_type::not_found;
  }
  [[nodiscard]] struct stat status(const std::string& path) const {
    struct stat result {};
    (void)lstat(at(path).c_str(), &result);
    return result;
  }
  [[nodiscard]] mode_t permissions(const std::string& path) const { return status(path).st_mode & 07777U; }

 private:
  void unpack_tars(const std::vector<std::string>& tars, const std::string& packing) {
    MadeImage made(tars);
    made.packing = packing;
    made.write_layout(dir_.path() / "layout");
    std::filesystem::create_directory(top());
    unpack(open_image("oci:" + (dir_.path() / "layout").string()), top());
  }
  Directory dir_;
};

#define BENCH_NEEDS_ROOT() \
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files to others and make devices"

}  // namespace bench::test
