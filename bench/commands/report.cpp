#include "bench/report/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bench/app/run/run_files.h"
#include "bench/app/stored/stored_verdict.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/lists.h"
#include "bench/commands/all_commands.h"
#include "bench/commands/list_option.h"
#include "bench/core/claims.h"
#include "bench/core/run_json.h"
#include "bench/report/render/csv.h"
#include "bench/report/render/side_by_side.h"
#include "bench/report/render/text.h"
#include "bench/report/view/side_by_side.h"
#include "bench/stats/judge/derive.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

struct ReportCommandOptions {
  std::string baseline;  ///< empty: the one that the run was stored with
  std::vector<std::string> runs;
  std::vector<std::string> formats;  ///< empty: what is good for people
  std::string out;                   ///< empty: the run's own folder; "-": stdout
  bool force = false;
  std::vector<fs::path> claims;
};

std::vector<std::string> all_format_names() {
  std::vector<std::string> names;
  for (const ReportFormat& format : report_formats()) names.push_back(format.name);
  return names;
}

/// A line per format, for the help.
std::string formats_text() {
  std::size_t width = 0;
  for (const std::string& name : all_format_names()) width = std::max(width, name.size());
  std::string text = "Formats:\n";
  for (const ReportFormat& format : report_formats())
    text += fmt::format("  {:<{}}  {}\n", format.name, width, format.summary);
  return text + "\n";
}

std::vector<const ReportFormat*> chosen_formats(const std::vector<std::string>& names) {
  std::vector<const ReportFormat*> formats;
  for (const std::string& name : names) {
    const ReportFormat* format = find_report_format(name);
    if (format == nullptr) {
      const std::vector<std::string> known = all_format_names();
      throw Error(ErrorCode::kUsage, fmt::format("unknown format '{}'", name),
                  did_you_mean(name, known) + fmt::format("formats: {}", fmt::join(known, ", ")));
    }
    add_once(formats, format);
  }
  return formats;
}

fs::path folder_of(const fs::path& run) {
  return fs::is_directory(run) ? run : run.parent_path();
}

/// The folder's own name, wherever it lies and however it was written.
std::string run_name(const fs::path& run) {
  return fs::weakly_canonical(folder_of(run)).filename().string();
}

Run derived_run(const fs::path& path, const ReportCommandOptions& options) {
  Run run = load_run(path);
  if (!options.baseline.empty()) {
    require_baseline(options.baseline, names_of(run));
    run.baseline = options.baseline;
  }
  run.claim_definitions = chosen_claims(std::move(run.claim_definitions), options.claims);
  derive(run);
  return run;
}

void print_console(const Run& run, const fs::path& dir, const Ui& ui) {
  ReportOptions shown;
  shown.directory = dir.string();
  shown.colour = ui.colour();
  shown.files = raw_data_in(dir, {});
  for (const ReportFormat& format : report_formats()) {
    if (format.kind != FormatKind::kPage && format.kind != FormatKind::kExport) continue;
    for (const std::string& name : format.file_names) {
      if (name != kChartFolder && fs::exists(dir / name)) shown.files.push_back(name);
    }
  }
  if (fs::exists(dir / kChartFolder)) shown.files.push_back(std::string(kChartFolder) + "/");
  print_out(console_page(run_document(run, shown), shown));
}

void say_written(const std::vector<OutputFile>& files, const fs::path& dir, Ui& ui) {
  for (const OutputFile& file : files)
    ui.step(fmt::format("wrote {}", (dir / file.path).lexically_normal().string()));
}

void to_stdout(const Run& run, const std::vector<const ReportFormat*>& formats, ReportOptions options) {
  Drawings figures = Drawings::of(run);
  Drawings none;  // a page on stdout has nothing beside it; HTML has its figures inside
  for (const ReportFormat* format : formats) {
    if (format->kind == FormatKind::kCharts) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{} is several files, which stdout cannot hold", format->name),
                  "name a folder with --out DIR");
    }
    print_out(format->files(run, options, format->name == "html" ? figures : none).front().bytes);
  }
}

void report_one(const fs::path& path, const ReportCommandOptions& options, Ui& ui) {
  const bool by_default = options.formats.empty();
  std::vector<const ReportFormat*> formats =
      chosen_formats(by_default && options.out == "-" ? std::vector<std::string>{"console"}
                     : by_default ? std::vector<std::string>{"console", "md", "html", "svg", "png"}
                                  : options.formats);
  const Run run = derived_run(path, options);
  const fs::path dir = folder_of(path);
  ReportOptions shown;
  shown.directory = run_name(path);
  if (contains(formats, find_report_format("junit"))) shown.verdicts = stored_verdicts(dir, run.run_id);
  const bool on_console = std::erase(formats, find_report_format("console")) > 0;
  if (options.out == "-") {
    if (on_console) print_console(run, dir, ui);
    to_stdout(run, formats, shown);
    return;
  }
  if (!formats.empty()) {
    const fs::path out = options.out.empty() ? dir : fs::path(options.out);
    std::vector<std::string> will_be_there;
    for (const ReportFormat* format : formats) {
      if (format->kind != FormatKind::kData) continue;
      will_be_there.insert(will_be_there.end(), format->file_names.begin(), format->file_names.end());
    }
    shown.files = raw_data_in(out, will_be_there);
    Drawings drawings = Drawings::of(run);
    const std::vector<OutputFile> files = report_files(run, formats, shown, drawings);
    write_outputs(files, out);
    say_written(files, out, ui);
    warn_of_missing_figures(drawings, ui);
    const bool only_images = std::all_of(formats.begin(), formats.end(), [](const ReportFormat* format) {
      return format->kind == FormatKind::kCharts;
    });
    if (only_images && !drawings.figures().empty() && !drawings.drawable()) {
      throw Error(ErrorCode::kUnavailable, "no chart could be drawn without gnuplot", kDrawRemedy);
    }
  }
  if (on_console) print_console(run, dir, ui);
}

/// Names by which people know the runs: those of their folders, made unique.
std::vector<NamedRun> load_all(const ReportCommandOptions& options) {
  std::vector<NamedRun> runs;
  std::set<std::string> taken;
  for (const std::string& path : options.runs) {
    const std::string name = run_name(path);
    std::string unique = name;
    for (int again = 2; !taken.insert(unique).second; ++again) unique = fmt::format("{}#{}", name, again);
    runs.push_back({unique, derived_run(path, options)});
  }
  return runs;
}

void report_several(const ReportCommandOptions& options, Ui& ui) {
  chosen_formats(options.formats);  // says what is not a format at all
  const std::vector<NamedRun> runs = load_all(options);
  if (const auto differences = fingerprint_differences(runs); !differences.empty() && !options.force) {
    std::vector<std::string> facts;
    facts.reserve(differences.size());
    for (const FactDifference& difference : differences) {
      facts.push_back(fmt::format("{} ({})", difference.fact, fmt::join(difference.values, " / ")));
    }
    throw Error(ErrorCode::kUsage,
                fmt::format("these runs come from different environments: {}", fmt::join(facts, "; ")),
                "report each by itself, or put them side by side all the same with --force; the report then "
                "begins with what differs");
  }
  std::vector<std::string> formats = options.formats;
  if (formats.empty()) formats = {"console"};
  if (formats == std::vector<std::string>{"console"} && !options.out.empty() && options.out != "-") {
    formats = {"console", "md", "html"};
  }
  const bool needs_folder =
      options.out.empty() &&
      std::any_of(formats.begin(), formats.end(), [](const auto& name) { return name != "console"; });
  if (needs_folder) {
    throw Error(ErrorCode::kUsage, "several runs have no folder of their own to write to",
                "say where with --out DIR, or --out - for stdout");
  }
  std::vector<OutputFile> files = side_by_side_files(runs, formats);
  for (const OutputFile& file : files) {
    if (file.path.empty() || options.out == "-") print_out(file.bytes);
  }
  if (options.out.empty() || options.out == "-") return;
  std::erase_if(files, [](const OutputFile& file) { return file.path.empty(); });
  write_outputs(files, options.out);
  say_written(files, options.out, ui);
}

}  // namespace

void add_report(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("report", "render a stored run again, without measuring");
  auto options = std::make_shared<ReportCommandOptions>();
  command->add_option("RUN", options->runs, "a run's directory, or its run.json; several: side by side")
      ->required()
      ->take_all();
  const auto known_format = [](const std::string& name) {
    (void)chosen_formats({name});  // throws
    return std::string();
  };
  add_list(*command, "--format", options->formats,
           fmt::format("{}; several with commas; default: console, and md, html, svg, png as files",
                       fmt::join(all_format_names(), ", ")),
           known_format);
  command->add_option("--out", options->out,
                      "where files go; default: the run's own directory; '-': to stdout, without files");
  command->add_flag("--force", options->force, "several runs: also when their environments differ");
  command->add_option("--baseline", options->baseline,
                      "the target that the others are held against; default: that of the run");
  command->add_option("--claims", options->claims,
                      "a file of claims to judge beside the run's own (docs/claims.md); may be repeated");
  command->footer(
      formats_text() +
      "Examples:\n"
      "  bench report results/20260131T120000Z-startup                     on the terminal; and report.md,\n"
      "                                                                    report.html, charts/ beside the "
      "run\n"
      "  bench report results/20260131T120000Z-startup --format tex,pdf    for a LaTeX writeup\n"
      "  bench report results/20260131T120000Z-startup --format md --out - | less\n"
      "  bench report results/20260131T120000Z-startup --format html,svg --out look\n"
      "  bench report results/monday results/tuesday                       one table, a column per run\n"
      "  bench report laptop server --force --format md,html --out both    machines that differ\n\n"
      "The console report goes to stdout, files are named on stderr. With --out - the reports themselves\n"
      "(console, md, html, csv: the samples, tex) go to stdout and nothing is written.\n"
      "Charts need gnuplot; without it the reports come without figures.\n"
      "Summaries, comparisons and verdicts are computed anew from the raw samples; the same run gives the "
      "same\n"
      "bytes. An interrupted run is read too.\n\n"
      "Exit: 0 written, 2 usage or environments that differ (without --force), 3 could not read, draw or "
      "write.");
  command->callback([options, &context] {
    try {
      if (options->runs.size() == 1) {
        report_one(options->runs.front(), *options, context.ui);
      } else {
        report_several(*options, context.ui);
      }
    } catch (const fs::filesystem_error& error) {
      throw Error(ErrorCode::kIo, error.what(), "choose another place with --out DIR");
    }
  });
}

}  // namespace bench
