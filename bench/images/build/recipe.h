#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/images/build/store.h"

namespace bench {

using Variables = std::map<std::string, std::string>;

/// The shell scripts of backend/image: what they are, and how one of them is run.
class Recipes {
 public:
  Recipes(std::filesystem::path dir, std::function<void(const std::string&)> progress)
      : dir_(std::move(dir)), progress_(std::move(progress)) {}

  /// Runs <name>.sh with BENCH_OUT and BENCH_WORK of the draft and `variables`; hands its progress lines on.
  /// Throws Error{kUnavailable} for a requirement without a package, Error{kEngine} for any other failure.
  void run(const std::string& name, const ImageStore::Draft& draft, const Variables& variables,
           std::stop_token stop) const;

  /// Over the named files of the recipe directory: a changed recipe is another image.
  [[nodiscard]] std::string digest(const std::vector<std::string>& files) const;
  /// Over all of them that make images; what is in directories beside them only looks at images.
  [[nodiscard]] std::string digest() const;

 private:
  std::filesystem::path dir_;
  std::function<void(const std::string&)> progress_;
};

/// Throws Error{kUnavailable} naming the Debian packages of the programs that are missing, all in one line.
void require_programs(const std::vector<std::string>& programs);

}  // namespace bench
