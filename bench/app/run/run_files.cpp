#include "bench/app/run/run_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <system_error>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/core/run_json.h"
#include "bench/report/report.h"

namespace bench {
namespace fs = std::filesystem;

namespace {

constexpr const char* kOutRemedy = "choose a directory that can be written to, with room, with --out DIR";

}  // namespace

fs::path unused_directory(const fs::path& dir) {
  fs::path unused = dir;
  for (int again = 2; fs::exists(unused); ++again) unused = fmt::format("{}-{}", dir.string(), again);
  return unused;
}

NewDirectory::NewDirectory(const fs::path& dir) {
  std::error_code failed;
  if (dir.has_parent_path()) fs::create_directories(dir.parent_path(), failed);
  fs::path wanted = dir;
  // To make a directory is one step, on a network too: who finds it there already takes another name.
  for (int again = 2; !failed && ::mkdir(wanted.c_str(), 0777) != 0; ++again) {
    if (errno != EEXIST) failed.assign(errno, std::generic_category());
    if (!failed) wanted = fmt::format("{}-{}", dir.string(), again);
  }
  if (failed) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot create the results directory {}: {}", wanted.string(), failed.message()),
                kOutRemedy);
  }
  path_ = wanted;
}

NewDirectory::~NewDirectory() {
  std::error_code not_empty;
  if (!path_.empty()) fs::remove(path_, not_empty);
}

void require_writable(const fs::path& dir) {
  std::error_code failed;
  const bool made = fs::create_directories(dir, failed);
  if (failed) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot create the results directory {}: {}", dir.string(), failed.message()),
                kOutRemedy);
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
                  kOutRemedy);
    }
  }
  fs::remove(probe, failed);
  if (made) fs::remove(dir, failed);  // until there is something to store
}

void write_outputs(const std::vector<OutputFile>& files, const fs::path& dir) {
  for (const OutputFile& file : files) {
    const fs::path path = dir / file.path;
    std::error_code failed;
    fs::create_directories(path.parent_path(), failed);
    if (failed) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot create {}: {}", path.parent_path().string(), failed.message()),
                  kOutRemedy);
    }
    write_file_atomically(path, file.bytes);
  }
}

std::vector<std::string> raw_data_in(const fs::path& dir, const std::vector<std::string>& files) {
  std::vector<std::string> names{"run.json"};
  for (const ReportFormat& format : report_formats()) {
    if (format.kind == FormatKind::kData)
      names.insert(names.end(), format.file_names.begin(), format.file_names.end());
  }
  names.emplace_back("samples.jsonl");
  std::erase_if(names, [&](const std::string& name) {
    return !fs::exists(dir / name) && std::find(files.begin(), files.end(), name) == files.end();
  });
  return names;
}

void warn_of_missing_figures(const Drawings& drawings, Ui& ui) {
  if (!drawings.figures().empty() && !drawings.drawable()) {
    ui.warn("no charts: gnuplot is not installed", kDrawRemedy);
  }
  for (const std::string& problem : drawings.problems()) ui.warn(problem);
}

std::vector<std::string> write_run_files(const Run& run, const fs::path& dir, Ui& ui) {
  write_file_atomically(dir / "run.json", to_json(run));  // the truth first
  std::vector<const ReportFormat*> formats;
  for (const char* name : {"csv", "md", "html", "svg", "png"}) formats.push_back(find_report_format(name));
  ReportOptions options;
  options.directory = fs::weakly_canonical(dir).filename().string();
  options.files = raw_data_in(dir, {"run.json", "samples.csv", "summaries.csv"});
  Drawings drawings = Drawings::of(run);
  const std::vector<OutputFile> outputs = report_files(run, formats, options, drawings);
  write_outputs(outputs, dir);
  warn_of_missing_figures(drawings, ui);
  std::vector<std::string> files{"run.json"};
  bool charts = false;
  for (const OutputFile& output : outputs) {
    const bool chart = output.path.find('/') != std::string::npos;
    if (!chart) files.push_back(output.path);
    charts = charts || chart;
  }
  if (charts) files.emplace_back("charts/");
  return files;
}

void print_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  if (errno == EPIPE) return;  // the reader has seen enough
  throw Error(ErrorCode::kIo, fmt::format("cannot write to stdout: {}", std::strerror(errno)));
}

}  // namespace bench
