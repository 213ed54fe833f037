#include "bench/report/view/trend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>

#include "bench/app/run/measuring.h"
#include "bench/app/run/run_config.h"
#include "bench/app/run/run_files.h"
#include "bench/app/stored/history_hosts.h"
#include "bench/app/stored/stored_runs.h"
#include "bench/app/values.h"
#include "bench/base/error.h"
#include "bench/base/lists.h"
#include "bench/base/text.h"
#include "bench/commands/all_commands.h"
#include "bench/commands/list_option.h"
#include "bench/core/run_json.h"
#include "bench/history/history.h"
#include "bench/report/charts/trend.h"
#include "bench/report/render/csv.h"
#include "bench/report/render/html.h"
#include "bench/report/render/table.h"
#include "bench/report/view/numbers.h"

namespace bench {
namespace {

struct TrendOptions {
  std::vector<std::string> metrics;
  std::string target, host;
  std::filesystem::path directory = "results", config, out;
  std::vector<std::string> formats{"console"};
  std::size_t last = 100;
};

struct Lines {
  std::vector<Trend> trends;
  std::size_t older = 0;  ///< lines under other conditions than the latest ones
  std::string page;       ///< the file's name
};

std::string name_of(const SeriesKey& key) {
  return key.against.empty() ? key.target : key.target + " / " + key.against;
}

/// What a target was made of in a run of the history; each run is read once, however many lines end in it.
/// One that is gone since it was indexed says nothing, and only a colour depends on it.
class Families {
 public:
  explicit Families(std::filesystem::path directory) : directory_(std::move(directory)) {}

  Kind of(const std::string& target, const std::string& path) {
    auto known = of_run_.find(path);
    if (known == of_run_.end()) known = of_run_.emplace(path, read(path)).first;
    const auto found = known->second.find(target);
    return found == known->second.end() ? Kind::kProcess : found->second;
  }

 private:
  using OfTargets = std::map<std::string, Kind>;

  [[nodiscard]] OfTargets read(const std::string& path) const {
    OfTargets families;
    try {
      for (const TargetInfo& target : load_run(directory_ / path).targets) {
        families[target.name] = family_of(target.traits);
      }
    } catch (const Error&) {
      return {};
    }
    return families;
  }

  std::filesystem::path directory_;
  std::map<std::string, OfTargets> of_run_;
};

Trend trend_of(const SeriesKey& key, const std::vector<SeriesPoint>& points, Families& families) {
  Trend trend;
  trend.metric = key.metric;
  trend.unit = key.unit;
  trend.target = key.target;
  trend.against = key.against;
  trend.family = points.empty() ? Kind::kProcess : families.of(key.target, points.back().path);
  std::vector<double> values;
  for (const SeriesPoint& point : points) {
    trend.points.push_back({point.started_at, point.path, point.n, point.value, point.ci95, point.usable});
    values.push_back(point.value);
  }
  trend.steps = change_points(values);
  return trend;
}

/// Those that are named; else, of those that the gate decides on, the ones that are there.
std::vector<std::string> chosen_metrics(const History& history, const TrendOptions& options) {
  const std::vector<std::string> there = history.metrics();
  if (there.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("no run in {} has a figure yet", options.directory.string()),
                "name the directory that holds the runs with --history DIR");
  }
  std::vector<std::string> chosen;
  for (const std::string& name : options.metrics.empty() ? gated_metrics() : options.metrics) {
    if (!contains(there, name)) {
      if (options.metrics.empty()) continue;
      throw Error(ErrorCode::kUsage, fmt::format("the history has no metric '{}'", name),
                  did_you_mean(name, there) + fmt::format("it has: {}", fmt::join(there, ", ")));
    }
    add_once(chosen, name);
  }
  if (chosen.empty()) {
    throw Error(ErrorCode::kUsage, "the history has none of the metrics that bench gate decides on",
                fmt::format("name a METRIC; it has: {}", fmt::join(there, ", ")));
  }
  return chosen;
}

/// Per metric and target, and per ratio of two, the line of the latest conditions: figures that were measured
/// under other ones do not continue it. Each host has its own lines.
Lines lines_of(History& history, const std::vector<RunHost>& hosts, const TrendOptions& options) {
  history.choose(hosts);
  const std::vector<std::string> metrics = chosen_metrics(history, options);
  Lines lines;
  Families families(options.directory);
  std::vector<std::string> names;
  const auto add_lines = [&](const std::string& metric, const RunHost& host) {
    std::vector<std::string> seen;
    for (const SeriesKey& key : history.series(metric)) {
      const std::string name = name_of(key);
      names.push_back(name);
      if (!options.target.empty() && name != options.target) continue;
      if (!add_once(seen, name)) {
        ++lines.older;
        continue;
      }
      lines.trends.push_back(trend_of(key, history.points(key, options.last), families));
      if (hosts.size() > 1) lines.trends.back().host = host_words(host);
    }
  };
  for (const std::string& metric : metrics) {
    for (const RunHost& host : hosts) {
      history.choose({host});
      add_lines(metric, host);
    }
  }
  if (lines.trends.empty()) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    throw Error(ErrorCode::kUsage,
                fmt::format("{} was not measured for '{}'", fmt::join(metrics, ", "), options.target),
                did_you_mean(options.target, names) +
                    fmt::format("the history has it for: {}", fmt::join(names, ", ")));
  }
  return lines;
}

/// Hosts that share a directory do not write each other's page.
std::string page_name(const History& history, const std::vector<RunHost>& hosts) {
  if (hosts.size() != 1 || hosts.front().id.empty() || !is_shared(history, hosts.front()))
    return "trend.html";
  std::string name = hosts.front().name.empty() ? hosts.front().id : hosts.front().name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
  }
  return fmt::format("trend-{}.html", name);
}

std::string console(const std::vector<Trend>& trends) {
  std::string text;
  for (const Trend& trend : trends) text += (text.empty() ? "" : "\n") + console_table(trend_table(trend));
  return text;
}

std::string page(const Lines& lines, const TrendOptions& options, Drawings& drawings) {
  const TrendPage about{options.directory.string(), options.last, lines.older};
  drawings.prepare({"svg"});
  return html_page(trend_document(lines.trends, about), drawings, {});
}

Drawings drawings_of(const std::vector<Trend>& trends) {
  Drawings::Draw by_gnuplot;
  if (can_draw()) {
    by_gnuplot = [](const Figure& figure, const std::string& format) { return draw(figure, format); };
  }
  return {trend_figures(trends), by_gnuplot};
}

/// What goes to files of one format.
std::vector<OutputFile> files_of(const std::string& format, const Lines& lines, const TrendOptions& options,
                                 Drawings& drawings) {
  if (format == "html") return {{lines.page, page(lines, options, drawings)}};
  if (!drawings.drawable()) throw Error(ErrorCode::kUnavailable, "gnuplot is not here", kDrawRemedy);
  drawings.prepare({format});
  std::vector<OutputFile> files;
  for (const Figure& figure : drawings.figures()) {
    const std::string& image = drawings.image(figure, format);
    if (image.empty()) throw Error(ErrorCode::kEngine, drawings.problems().front());
    files.push_back({figure.id + "." + format, image});
  }
  return files;
}

void trend(const TrendOptions& options, Ui& ui) {
  const bool to_stdout = options.out == "-";
  for (const std::string& format : options.formats) {
    if (to_stdout && format != "console" && format != "csv" && format != "html") {
      throw Error(ErrorCode::kUsage, fmt::format("{} is a file per line, and none fits on stdout", format),
                  "say where with --out DIR");
    }
  }
  History history = open_history(options.directory, ui);
  const std::vector<RunHost> hosts = hosts_to_show(history, options.directory, options.host, ui);
  Lines lines = lines_of(history, hosts, options);
  lines.page = page_name(history, hosts);
  if (std::string others = hosts.size() == 1 ? others_left_out(history, hosts.front()) : std::string();
      options.host.empty() && !others.empty()) {
    ui.step(others + "; all: --host all");
  }
  if (lines.older > 0) {
    ui.step(counted(lines.older, "line") + " under other conditions (host, versions, limits) left out");
  }
  const std::filesystem::path out = options.out.empty() ? std::filesystem::path(".") : options.out;
  Drawings drawings = drawings_of(lines.trends);
  for (const std::string& format : options.formats) {
    if (format == "console") {
      print_out(console(lines.trends));
    } else if (format == "csv") {
      print_out(trends_csv(lines.trends));
    } else if (to_stdout) {
      print_out(page(lines, options, drawings));
    } else {
      const std::vector<OutputFile> files = files_of(format, lines, options, drawings);
      write_outputs(files, out);
      for (const OutputFile& file : files) ui.step(fmt::format("wrote {}", (out / file.path).string()));
    }
    if (format == "html") warn_of_missing_figures(drawings, ui);
  }
}

}  // namespace

void add_trend(CLI::App& app, CommandContext& context) {
  CLI::App* command =
      app.add_subcommand("trend", "metrics through the stored runs, their change points marked");
  auto options = std::make_shared<TrendOptions>();
  const auto any = [](const std::string&) { return std::string(); };  // the history knows which there are
  add_list(*command, "METRIC", options->metrics,
           "as in bench list metrics: startup.ready; several with commas; default: those that bench gate "
           "decides on",
           any);
  command->add_option("--target", options->target, "only this one; a ratio is \"libvirt:direct / docker\"");
  CLI::Option* history =
      command->add_option("--history", options->directory, "the directory that holds the runs")
          ->capture_default_str();
  command
      ->add_option(
          "--config", options->config,
          "the configuration of a scheduled job: its results are the history, and the page lies there")
      ->excludes(history);
  command->add_option("--host", options->host, kHostHelp)->check(not_empty);
  command->add_option("--last", options->last, "how many runs; 0: all")
      ->check(not_negative)
      ->capture_default_str();
  add_list(*command, "--format", options->formats,
           "console, csv, html (one page), svg, png, pdf; several with commas",
           one_of({"console", "csv", "html", "svg", "png", "pdf"}), "console");
  command->add_option("--out", options->out,
                      "where trend.html and pictures go; default: here; '-': the page to stdout");
  command->footer(
      "Examples:\n"
      "  bench trend                                                      the main metrics, on the terminal\n"
      "  bench trend startup.ready,startup.stop\n"
      "  bench trend --config nightly.toml --format html                  the page of a scheduled job\n"
      "  bench trend --history nightly --format html --out /var/www       one page: charts, runs, change "
      "points\n"
      "  bench trend startup.ready --history nightly --target docker --format svg --out charts\n"
      "  bench trend memory.host_pss --last 0 --format csv > memory.csv\n\n"
      "Charts need gnuplot; without it the page comes without figures.");
  command->callback([options, &context] {
    if (!options->config.empty()) {
      options->directory = results_of(options->config);
      if (options->out.empty()) options->out = options->directory;
    }
    try {
      trend(*options, context.ui);
    } catch (const std::filesystem::filesystem_error& error) {
      throw Error(ErrorCode::kIo, error.what(), "choose another place with --out DIR");
    }
  });
}

}  // namespace bench
