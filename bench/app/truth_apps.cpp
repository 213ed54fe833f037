#include "bench/app/truth_apps.h"

#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <random>
#include <system_error>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/history/calibration/known_truths.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kNoiseSeed = 50;

/// Where the apps are that have to be made.
fs::path made_dir() {
  return state_dir() / "truths";
}

void write_noise(const fs::path& path) {
  std::mt19937_64 random(kNoiseSeed);
  std::vector<std::uint64_t> block(std::size_t{1} << 17U);  // 1 MiB
  const std::size_t bytes = block.size() * sizeof(block.front());
  std::ofstream file(path, std::ios::binary);
  for (std::size_t written = 0; written < static_cast<std::size_t>(kTruthBytes); written += bytes) {
    for (std::uint64_t& word : block) word = random();
    file.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(bytes));
  }
  file.close();
  if (!file) {
    throw Error(ErrorCode::kIo, "cannot write " + path.string(),
                "free 50 MiB there, or set BENCH_STATE_DIR to a directory with room");
  }
}

}  // namespace

TruthApps::TruthApps() {
  remove_truth_apps();
  for (const char* name : kTruthApps) {
    apps_[name] = data_dir() / "backend" / "truths" / name;
    if (!fs::is_directory(apps_[name])) {
      throw Error(ErrorCode::kIo, "no such app of a known truth: " + apps_[name].string(),
                  "set BENCH_DATA_DIR to the directory that holds backend/truths");
    }
  }
  const fs::path heavy = made_dir() / "ballast";
  try {
    fs::create_directories(heavy);
    fs::copy(apps_["ballast"], heavy, fs::copy_options::recursive);
    write_noise(heavy / "noise.bin");
  } catch (const fs::filesystem_error& error) {
    remove_truth_apps();
    throw Error(ErrorCode::kIo, fmt::format("cannot copy the app of a known truth: {}", error.what()),
                "set BENCH_STATE_DIR to a directory that can be written to");
  } catch (const Error&) {
    remove_truth_apps();
    throw;
  }
  apps_["ballast"] = heavy;
}

TruthApps::~TruthApps() {
  remove_truth_apps();
}

std::vector<TargetName> TruthApps::targets(const std::vector<TargetName>& names) const {
  std::vector<TargetName> all;
  for (const TargetName& name : names) {
    for (const char* app : kTruthApps) {
      TargetName with = name;
      with.name = with_app(name.name, app);
      with.spec.app = apps_.at(app).string();
      all.push_back(std::move(with));
    }
  }
  return all;
}

bool remove_truth_apps() {
  std::error_code ignored;
  const std::uintmax_t removed = fs::remove_all(made_dir(), ignored);
  return removed != 0 && !ignored;
}

}  // namespace bench
