#include "bench/app/run/run_exports.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <set>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/report/render/bundle.h"
#include "bench/report/report.h"

namespace bench {
namespace fs = std::filesystem;

void require_exportable(const std::vector<ExportTo>& exports) {
  for (const ExportTo& to : exports) {
    const fs::path dir = to.to.parent_path();
    std::error_code failed;
    fs::create_directories(dir, failed);
    if (failed || access(dir.c_str(), W_OK | X_OK) != 0) {
      throw Error(ErrorCode::kIo, fmt::format("cannot write the {} export in {}", to.format, dir.string()),
                  "make the directory writable, or change the export's place in the configuration");
    }
  }
}

void write_exports(const Run& run, const std::vector<ExportTo>& exports, Ui& ui) {
  std::exception_ptr first;
  for (const ExportTo& to : exports) {
    try {
      Drawings none;
      write_file_atomically(to.to, find_report_format(to.format)->files(run, {}, none).front().bytes);
      ui.step(fmt::format("wrote {}", to.to.string()));
    } catch (const Error& error) {
      ui.warn(error.what(), error.remedy());
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

std::string stored_line(const Run& run, const fs::path& dir) {
  std::set<int> rounds;
  for (const Sample& sample : run.samples) {
    if (!sample.warmup) rounds.insert(sample.round);
  }
  const auto failed =
      std::count_if(run.failures.begin(), run.failures.end(), [](const Failure& f) { return !f.warmup; });
  const std::string trials = failed == 0   ? ""
                             : failed == 1 ? ", 1 failed trial"
                                           : fmt::format(", {} failed trials", failed);
  const std::string why = run.status != RunStatus::kComplete ? ""
                          : run.stopped_by == "precision"    ? " (known well enough)"
                          : run.stopped_by == "budget"       ? " (the budget is spent)"
                                                             : "";
  return fmt::format("run stored in {}: {}, {} of {} round{}{}, {} target{}{}", dir.string(),
                     to_text(run.status), std::min<std::size_t>(rounds.size(), run.rounds), run.rounds,
                     run.rounds == 1 ? "" : "s", why, run.targets.size(), run.targets.size() == 1 ? "" : "s",
                     trials);
}

}  // namespace bench
