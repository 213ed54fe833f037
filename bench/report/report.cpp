#include "bench/report/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/report/exports/formats.h"
#include "bench/report/render/bundle.h"
#include "bench/report/render/csv.h"
#include "bench/report/render/html.h"
#include "bench/report/render/latex.h"
#include "bench/report/render/text.h"
#include "bench/report/view/document.h"

namespace bench {
namespace {

using Files = std::vector<OutputFile>;

/// The charts in one image format.
Files charts(Drawings& drawings, const std::string& format) {
  Files files;
  if (!drawings.drawable()) return files;
  for (const Figure& figure : drawings.figures()) {
    if (const std::string& image = drawings.image(figure, format); !image.empty()) {
      files.push_back({chart_path(figure, format), image});
    }
  }
  return files;
}

Files with_main_file(OutputFile main, Files rest) {
  rest.insert(rest.begin(), std::move(main));
  return rest;
}

Files console(const Run& run, const ReportOptions& options, Drawings& /*drawings*/) {
  return {{"", console_report(run, options)}};
}

Files markdown(const Run& run, const ReportOptions& options, Drawings& drawings) {
  ReportOptions with_figures = options;
  Files images = charts(drawings, "png");  // GitHub and Pandoc both take PNG
  for (const Figure& figure : drawings.figures()) {
    if (drawings.drawable() && !drawings.image(figure, "png").empty()) {
      with_figures.figures.push_back({chart_path(figure, "png"), figure.alt, figure.caption});
    }
  }
  return with_main_file({"report.md", markdown_report(run, with_figures)}, std::move(images));
}

Files html(const Run& run, const ReportOptions& options, Drawings& drawings) {
  return {{"report.html", html_page(run_document(run, options), drawings, options.chart_formats)}};
}

Files csv(const Run& run, const ReportOptions& options, Drawings& /*drawings*/) {
  return {{"samples.csv", samples_csv(run, options)}, {"summaries.csv", summaries_csv(run)}};
}

Files tex(const Run& run, const ReportOptions& options, Drawings& drawings) {
  return with_main_file({"report.tex", latex_fragment(run_document(run, options), drawings)},
                        charts(drawings, "pdf"));
}

template <int kFormat>
Files images(const Run& /*run*/, const ReportOptions& /*options*/, Drawings& drawings) {
  return charts(drawings, figure_formats().at(kFormat));
}

/// What other tools read: docs/exports.md.
template <int kExport>
Files exported(const Run& run, const ReportOptions& /*options*/, Drawings& /*drawings*/) {
  const ExportFormat& format = export_formats().at(kExport);
  return {{format.file_name, format.render(run)}};
}

Files junit(const Run& run, const ReportOptions& options, Drawings& /*drawings*/) {
  return {{"junit.xml", junit_export(run, options.verdicts)}};
}

}  // namespace

const std::vector<ReportFormat>& report_formats() {
  static const std::vector<ReportFormat> formats = {
      {"console", "for people at a terminal", console, {}, true},
      {"md",
       "report.md: GitHub Markdown, to send to somebody, with its figures (PNG)",
       markdown,
       {"png"},
       true},
      {"html", "report.html: one page, offline, figures inside", html, {"svg"}, true},
      {"csv", "samples.csv and summaries.csv, for a spreadsheet", csv, {}, true},
      {"tex", "report.tex: a LaTeX fragment, with its figures (PDF)", tex, {"pdf"}, true},
      {"svg", "every chart as SVG", images<0>, {"svg"}, false},
      {"png", "every chart as PNG, twice the pixels", images<1>, {"png"}, false},
      {"pdf", "every chart as PDF", images<2>, {"pdf"}, false},
      {"google-benchmark", "google-benchmark.json, for its compare.py", exported<0>, {}, true},
      {"github-action", "github-action.json: customSmallerIsBetter", exported<1>, {}, true},
      {"bencher", "bencher.json: Bencher Metric Format", exported<2>, {}, true},
      {"hyperfine", "hyperfine.json, as its --export-json", exported<3>, {}, true},
      {"openmetrics", "bench.prom, for node_exporter's textfile collector", exported<4>, {}, true},
      {"junit", "junit.xml, with the verdicts of a gate where there are any", junit, {}, true},
      {"ci-summary", "ci-summary.md, for the page of a CI job", exported<6>, {}, true},
  };
  return formats;
}

const ReportFormat* find_report_format(const std::string& name) {
  const auto& formats = report_formats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const ReportFormat& format) { return format.name == name; });
  return found == formats.end() ? nullptr : &*found;
}

std::vector<OutputFile> report_files(const Run& run, const std::vector<const ReportFormat*>& formats,
                                     ReportOptions options, Drawings& drawings) {
  std::vector<std::string> images;
  for (const ReportFormat* format : formats) {
    for (const std::string& image : format->images) {
      if (std::find(images.begin(), images.end(), image) == images.end()) images.push_back(image);
    }
  }
  drawings.prepare(images);
  // The page links the images that are written beside it.
  for (const std::string& image : figure_formats()) {
    const bool written = std::any_of(formats.begin(), formats.end(), [&](const ReportFormat* format) {
      return format->name != "html" &&
             std::find(format->images.begin(), format->images.end(), image) != format->images.end();
    });
    if (written) options.chart_formats.push_back(image);
  }
  std::vector<OutputFile> files;
  for (const ReportFormat* format : formats) {
    for (OutputFile& file : format->files(run, options, drawings)) {
      const bool there = std::any_of(files.begin(), files.end(), [&](const OutputFile& other) {
        return !file.path.empty() && other.path == file.path;
      });
      if (!there) files.push_back(std::move(file));
    }
  }
  return files;
}

}  // namespace bench
