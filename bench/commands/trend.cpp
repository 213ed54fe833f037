#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "bench/commands/all_commands.h"
#include "bench/commands/run_files.h"
#include "bench/commands/stored_runs.h"
#include "bench/commands/tables.h"
#include "bench/core/error.h"
#include "bench/core/paths.h"
#include "bench/history/history.h"
#include "bench/report/figures_trend.h"
#include "bench/report/numbers.h"
#include "bench/stats/changepoint.h"

namespace bench {
namespace {

struct TrendOptions {
  std::string metric, target;
  std::filesystem::path directory = "results", out;
  std::vector<std::string> formats{"console"};
  std::size_t last = 100;
};

/// A line and where it changes.
struct Line {
  SeriesKey key;
  std::vector<SeriesPoint> points;
  std::vector<ChangePoint> steps;
};

std::string name_of(const SeriesKey& key) {
  return key.against.empty() ? key.target : key.target + " / " + key.against;
}

std::string value_text(const SeriesKey& key, double value) {
  if (!key.against.empty()) return ratio_text(value);
  const std::vector<double> one{value};
  return with_unit(value, scale_for(key.unit, one));
}

/// Per target, and per ratio of two, the line of the latest conditions: figures that were measured under
/// other ones do not continue it.
std::vector<Line> lines_of(const History& history, const TrendOptions& options, Ui& ui) {
  const std::vector<SeriesKey> keys = history.series(options.metric);
  if (keys.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("the history has no metric '{}'", options.metric),
                fmt::format("it has: {}", fmt::join(history.metrics(), ", ")));
  }
  std::vector<Line> lines;
  std::vector<std::string> seen;
  std::size_t older = 0;
  for (const SeriesKey& key : keys) {
    const std::string name = name_of(key);
    if (!options.target.empty() && name != options.target) continue;
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      ++older;
      continue;
    }
    seen.push_back(name);
    Line line{key, history.points(key, options.last), {}};
    std::vector<double> values;
    for (const SeriesPoint& point : line.points) values.push_back(point.value);
    line.steps = change_points(values);
    lines.push_back(std::move(line));
  }
  if (lines.empty()) {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const SeriesKey& key : keys) names.push_back(name_of(key));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    throw Error(ErrorCode::kUsage,
                fmt::format("{} was not measured for '{}'", options.metric, options.target),
                fmt::format("the history has it for: {}", fmt::join(names, ", ")));
  }
  if (older > 0) {
    ui.step(fmt::format("{} line{} under other conditions (host, versions, limits) left out", older,
                        older == 1 ? "" : "s"));
  }
  return lines;
}

std::string interval_text(const SeriesPoint& point, const SeriesKey& key) {
  if (!point.ci95) return "–";
  if (!key.against.empty()) return ratio_bracket(*point.ci95);
  const std::vector<double> one{point.value};
  return bracket(*point.ci95, scale_for(key.unit, one));
}

std::string step_text(const Line& line, const ChangePoint& step) {
  const double change = step.before != 0 ? (step.after / step.before - 1) * 100 : 0;
  return fmt::format("step: {} → {} ({:+.1f} %)", value_text(line.key, step.before),
                     value_text(line.key, step.after), change);
}

std::string console(const std::vector<Line>& lines, const std::string& metric) {
  std::string text;
  for (const Line& line : lines) {
    TextTable table;
    table.title =
        fmt::format("{}{} of {}, {} run{}", text.empty() ? "" : "\n", metric, one_line(name_of(line.key)),
                    line.points.size(), line.points.size() == 1 ? "" : "s");
    table.header = {"started", "run", "median", "95 % interval", "n", ""};
    table.align = "llrrrl";
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const SeriesPoint& point = line.points[i];
      std::string mark = point.usable ? "" : "not a baseline: interrupted, or too many failures";
      for (const ChangePoint& step : line.steps) {
        if (step.at == i) mark = "◄ " + step_text(line, step);
      }
      table.rows.push_back({one_line(point.started_at), one_line(point.path),
                            value_text(line.key, point.value), interval_text(point, line.key),
                            std::to_string(point.n), mark});
    }
    table.notes.push_back(line.steps.empty() ? std::string("no change point")
                                             : fmt::format("{} change point{}", line.steps.size(),
                                                           line.steps.size() == 1 ? "" : "s"));
    text += console_table(table);
  }
  return text;
}

std::string csv_field(const std::string& text) {
  std::string out = "\"";
  for (const char c : one_line(text)) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

std::string csv(const std::vector<Line>& lines) {
  std::string text = "metric,target,against,unit,started_at,run,n,median,low,high,step\r\n";
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const SeriesPoint& point = line.points[i];
      const bool step =
          std::any_of(line.steps.begin(), line.steps.end(), [&](const auto& at) { return at.at == i; });
      const SeriesKey& key = line.key;
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", key.metric, csv_field(key.target),
                          csv_field(key.against), key.against.empty() ? key.unit : "ratio", point.started_at,
                          csv_field(point.path), point.n, point.value,
                          point.ci95 ? fmt::format("{}", point.ci95->low) : "",
                          point.ci95 ? fmt::format("{}", point.ci95->high) : "", step ? "true" : "false");
    }
  }
  return text;
}

Trend trend_of(const Line& line) {
  Trend trend;
  trend.metric = line.key.metric;
  trend.unit = line.key.unit;
  trend.name = name_of(line.key);
  trend.ratio = !line.key.against.empty();
  trend.container = line.key.target.find("libvirt") == std::string::npos;
  for (const SeriesPoint& point : line.points)
    trend.points.push_back({point.started_at, point.value, point.ci95});
  for (const ChangePoint& step : line.steps) trend.steps.push_back(step.at);
  return trend;
}

void trend(const TrendOptions& options, Ui& ui) {
  const History history = open_history(options.directory, ui);
  const std::vector<Line> lines = lines_of(history, options, ui);
  for (const std::string& format : options.formats) {
    if (format == "console") {
      print_out(console(lines, options.metric));
    } else if (format == "csv") {
      print_out(csv(lines));
    } else {
      if (!can_draw()) throw Error(ErrorCode::kUnavailable, "gnuplot is not here", kDrawRemedy);
      const std::filesystem::path out = options.out.empty() ? std::filesystem::path(".") : options.out;
      std::filesystem::create_directories(out);
      for (const Line& line : lines) {
        const auto figure = trend_figure(trend_of(line));
        if (!figure) continue;
        const std::filesystem::path file = out / (figure->id + "." + format);
        write_file_atomically(file, draw(*figure, format));
        ui.step(fmt::format("wrote {}", file.string()));
      }
    }
  }
}

}  // namespace

void add_trend(CLI::App& app, CommandContext& context) {
  CLI::App* command =
      app.add_subcommand("trend", "a metric through the stored runs, its change points marked");
  auto options = std::make_shared<TrendOptions>();
  command->add_option("METRIC", options->metric, "as in bench list metrics: startup.ready")->required();
  command->add_option("--target", options->target, "only this one; a ratio is \"libvirt:direct / docker\"");
  command->add_option("--history", options->directory, "the directory that holds the runs")
      ->capture_default_str();
  command->add_option("--last", options->last, "how many runs; 0: all")->capture_default_str();
  command->add_option("--format", options->formats, "console, csv, svg, png, pdf; several with commas")
      ->delimiter(',')
      ->take_all()
      ->check(CLI::IsMember({"console", "csv", "svg", "png", "pdf"}))
      ->capture_default_str();
  command->add_option("--out", options->out, "where pictures go; default: here");
  command->footer(
      "Examples:\n"
      "  bench trend startup.ready\n"
      "  bench trend startup.ready --history nightly --target docker --format svg --out charts\n"
      "  bench trend memory.host_pss --last 0 --format csv > memory.csv");
  command->callback([options, &context] {
    try {
      trend(*options, context.ui);
    } catch (const std::filesystem::filesystem_error& error) {
      throw Error(ErrorCode::kIo, error.what(), "choose another place with --out DIR");
    }
  });
}

}  // namespace bench
