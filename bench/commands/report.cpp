#include "bench/report/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/commands/all_commands.h"
#include "bench/commands/run_files.h"
#include "bench/core/claims.h"
#include "bench/core/error.h"
#include "bench/core/paths.h"
#include "bench/core/run_json.h"
#include "bench/stats/derive.h"

namespace bench {
namespace {

struct Options {
  std::vector<std::string> runs;
  std::vector<std::string> formats{"console"};
  std::filesystem::path out;
  std::vector<std::filesystem::path> claims;
};

std::vector<const ReportFormat*> chosen_formats(const std::vector<std::string>& names) {
  std::vector<const ReportFormat*> formats;
  for (const std::string& name : names) {
    const ReportFormat* format = find_report_format(name);
    if (format == nullptr) {
      std::vector<std::string> known;
      for (const ReportFormat& row : report_formats()) known.push_back(row.name);
      throw Error(ErrorCode::kUsage, fmt::format("unknown format '{}'", name),
                  fmt::format("formats: {}", fmt::join(known, ", ")));
    }
    formats.push_back(format);
  }
  return formats;
}

// Console goes to stdout; a file goes where --out says ("-": stdout), else into the run's own folder.
void report_one(const std::filesystem::path& path, const std::vector<const ReportFormat*>& formats,
                const Options& options, Ui& ui) {
  Run run = load_run(path);
  run.claim_definitions = chosen_claims(std::move(run.claim_definitions), options.claims);
  derive(run);
  const std::filesystem::path dir = std::filesystem::is_directory(path) ? path : path.parent_path();
  ReportOptions shown;
  shown.directory = dir.string();
  shown.colour = ui.colour();
  for (const char* name : {"run.json", "samples.csv", "samples.jsonl", "report.md"}) {
    if (std::filesystem::exists(dir / name)) shown.files.emplace_back(name);
  }
  for (const ReportFormat* format : formats) {
    const std::string text = format->render(run, shown);
    if (format->file_name.empty() || options.out == "-") {
      print_out(text);
      continue;
    }
    const std::filesystem::path to = (options.out.empty() ? dir : options.out) / format->file_name;
    if (!options.out.empty()) std::filesystem::create_directories(options.out);
    write_file_atomically(to, text);
    ui.step(fmt::format("wrote {}", to.string()));
  }
}

}  // namespace

void add_report(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("report", "render a stored run again, without measuring");
  auto options = std::make_shared<Options>();
  command->add_option("RUN", options->runs, "a run's directory, or its run.json")->required()->take_all();
  command->add_option("--format", options->formats, "console, md, csv; several with commas")
      ->delimiter(',')
      ->take_all()
      ->capture_default_str();
  command->add_option("--out", options->out, "where files go; default: the run's directory; '-': stdout");
  command->add_option("--claims", options->claims,
                      "a file of claims to judge beside the run's own (docs/claims.md); may be repeated");
  command->footer(
      "Examples:\n"
      "  bench report results/20260131T120000Z-startup\n"
      "  bench report results/20260131T120000Z-startup --format md --out - | less\n"
      "  bench report results/*/run.json --format md,csv\n\n"
      "Summaries and comparisons are computed anew from the raw samples; an interrupted run is read too.");
  command->callback([options, &context] {
    const auto formats = chosen_formats(options->formats);
    for (const std::string& run : options->runs) {
      try {
        report_one(run, formats, *options, context.ui);
      } catch (const std::filesystem::filesystem_error& error) {
        throw Error(ErrorCode::kIo, error.what(), "choose another place with --out DIR");
      }
    }
  });
}

}  // namespace bench
