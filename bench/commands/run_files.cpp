#include "bench/commands/run_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <system_error>

#include "bench/core/error.h"
#include "bench/core/paths.h"
#include "bench/core/run_json.h"
#include "bench/report/report.h"

namespace bench {
namespace fs = std::filesystem;

namespace {

constexpr const char* kRemedy = "choose a directory that can be written to, with room, with --out DIR";

}  // namespace

void require_writable(const fs::path& dir) {
  std::error_code failed;
  const bool made = fs::create_directories(dir, failed);
  if (failed) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot create the results directory {}: {}", dir.string(), failed.message()),
                kRemedy);
  }
  if (fs::exists(dir / "run.json") || fs::exists(dir / "samples.jsonl")) {
    throw Error(ErrorCode::kIo, fmt::format("{} already holds a run", dir.string()),
                "choose another directory with --out DIR, or remove that one");
  }
  const fs::path probe = dir / ".writable";
  {
    std::ofstream file(probe);
    file << "bench";
    file.flush();
    if (!file) {
      const int why = errno;
      throw Error(ErrorCode::kIo, fmt::format("cannot write in {}: {}", dir.string(), std::strerror(why)),
                  kRemedy);
    }
  }
  fs::remove(probe, failed);
  if (made) fs::remove(dir, failed);  // until there is something to store
}

std::vector<std::string> write_run_files(const Run& run, const fs::path& dir) {
  std::vector<std::string> files{"run.json"};
  ReportOptions options;
  options.directory = dir.string();
  write_file_atomically(dir / "run.json", to_json(run));
  for (const ReportFormat& format : report_formats()) {
    if (format.file_name.empty()) continue;
    write_file_atomically(dir / format.file_name, format.render(run, options));
    files.push_back(format.file_name);
  }
  return files;
}

void print_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  if (errno == EPIPE) return;  // the reader has seen enough
  throw Error(ErrorCode::kIo, fmt::format("cannot write to stdout: {}", std::strerror(errno)));
}

}  // namespace bench
