#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/app/ui.h"
#include "bench/core/run.h"
#include "bench/report/render/bundle.h"
#include "bench/report/report.h"

namespace bench {

/// Confirming runs of a gate lie in this directory of the run that is judged.
inline constexpr const char* kConfirmingRuns = "confirm";

/// `dir`, or where that is there already `dir-2`, `dir-3`, …
std::filesystem::path unused_directory(const std::filesystem::path& dir);

/// The same, and made: two that begin in the same second, on two hosts even, get two directories. Empty, it
/// goes again with this. Throws Error{kIo}.
class NewDirectory {
 public:
  explicit NewDirectory(const std::filesystem::path& dir);
  ~NewDirectory();
  NewDirectory(NewDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  NewDirectory& operator=(NewDirectory&&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Makes `dir` and proves that files can be written in it, before anything is measured. Throws Error{kIo}
/// with a remedy; takes a directory that it made away again.
void require_writable(const std::filesystem::path& dir);

/// Below `dir`, which is made where it is missing; each file whole or not at all. Throws Error{kIo}.
void write_outputs(const std::vector<OutputFile>& files, const std::filesystem::path& dir);

/// Which of a run's raw data lie in `dir`, or will when `files` are written: run.json, samples.csv, ….
std::vector<std::string> raw_data_in(const std::filesystem::path& dir, const std::vector<std::string>& files);

/// Says what is missing from the reports, once, with the remedy: gnuplot, or a figure that it refused.
void warn_of_missing_figures(const Drawings& drawings, Ui& ui);

/// run.json first, then the tables (CSV), report.md, report.html and their charts. Returns what a reader
/// should know of: file names, and "charts/" for all in it. Throws Error{kIo}.
std::vector<std::string> write_run_files(const Run& run, const std::filesystem::path& dir, Ui& ui);

/// To stdout; throws Error{kIo} when it cannot take it, but for a reader that has left.
void print_out(std::string_view text);

}  // namespace bench
