#include "bench/app/stored/stored_runs.h"

#include <fmt/format.h>

#include "bench/core/run_json.h"
#include "bench/report/view/numbers.h"
#include "bench/stats/judge/derive.h"

namespace bench {

namespace {

constexpr std::size_t kProblemsShown = 10;

}  // namespace

Run load_derived(const std::filesystem::path& path) {
  Run run = load_run(path);
  derive(run);
  return run;
}

std::filesystem::path run_directory(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::path whole = std::filesystem::absolute(path, ignored).lexically_normal();
  const std::filesystem::path directory =
      std::filesystem::is_directory(path, ignored) ? whole : whole.parent_path();
  return directory.has_filename() ? directory : directory.parent_path();  // "runs/a/" is "runs/a"
}

History open_history(const std::filesystem::path& directory, Ui& ui) {
  History history(directory, [&ui](std::size_t done, std::size_t of) {
    ui.live(fmt::format("reading stored runs: {} of {}…", done, of));
  });
  ui.settle();
  const auto& problems = history.problems();
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i == kProblemsShown && problems.size() > kProblemsShown + 1) {
      ui.warn(fmt::format("and {} more", problems.size() - i));
      break;
    }
    ui.warn(one_line(problems[i]));
  }
  return history;
}

}  // namespace bench
