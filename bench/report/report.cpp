#include "bench/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/base/error.h"
#include "bench/base/lists.h"
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
  return {{"", console_page(run_document(run, options), options)}};
}

Files markdown(const Run& run, const ReportOptions& options, Drawings& drawings) {
  std::vector<FigureLink> links;
  Files images = charts(drawings, "png");  // GitHub and Pandoc both take PNG
  for (const Figure& figure : drawings.figures()) {
    if (drawings.drawable() && !drawings.image(figure, "png").empty()) {
      links.push_back({chart_path(figure, "png"), figure.alt, figure.caption});
    }
  }
  return with_main_file({"report.md", markdown_page(run_document(run, options), links)}, std::move(images));
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

ReportFormat charts_alone(const std::string& image, std::string summary) {
  const auto files = [image](const Run& /*run*/, const ReportOptions& /*options*/, Drawings& drawings) {
    return charts(drawings, image);
  };
  return {image, std::move(summary), FormatKind::kCharts, {kChartFolder}, files, {image}};
}

ReportFormat of_export(const ExportFormat& format) {
  const auto files = [format](const Run& run, const ReportOptions& options, Drawings& /*drawings*/) {
    return Files{{format.file_name, format.render(run, options)}};
  };
  return {format.name,
          fmt::format("{}: {}", format.file_name, format.summary),
          FormatKind::kExport,
          {format.file_name},
          files,
          {}};
}

std::deque<ReportFormat> own_formats() {
  std::deque<ReportFormat> formats = {
      {"console", "for people at a terminal", FormatKind::kPage, {}, console, {}},
      {"md",
       "report.md: GitHub Markdown, to send to somebody, with its figures (PNG)",
       FormatKind::kPage,
       {"report.md", kChartFolder},
       markdown,
       {"png"}},
      {"html",
       "report.html: one page, offline, figures inside",
       FormatKind::kPage,
       {"report.html"},
       html,
       {"svg"}},
      {"csv",
       "samples.csv and summaries.csv, for a spreadsheet",
       FormatKind::kData,
       {"samples.csv", "summaries.csv"},
       csv,
       {}},
      {"tex",
       "report.tex: a LaTeX fragment, with its figures (PDF)",
       FormatKind::kPage,
       {"report.tex", kChartFolder},
       tex,
       {"pdf"}},
      charts_alone("svg", "every chart as SVG"),
      charts_alone("png", "every chart as PNG, twice the pixels"),
      charts_alone("pdf", "every chart as PDF"),
  };
  for (const ExportFormat& format : export_formats()) formats.push_back(of_export(format));
  return formats;
}

std::deque<ReportFormat>& formats_table() {
  static std::deque<ReportFormat> formats = own_formats();
  return formats;
}

}  // namespace

const std::deque<ReportFormat>& report_formats() {
  return formats_table();
}

void add_report_format(ReportFormat format) {
  if (find_report_format(format.name) != nullptr) {
    throw Error(ErrorCode::kUsage, fmt::format("There is a format '{}' already", format.name));
  }
  formats_table().push_back(std::move(format));
}

void add_export(const ExportFormat& format) {
  add_report_format(of_export(format));
}

const ReportFormat* find_report_format(const std::string& name) {
  return find_where(report_formats(), [&](const ReportFormat& format) { return format.name == name; });
}

std::vector<std::string> format_names(FormatKind kind) {
  std::vector<std::string> names;
  for (const ReportFormat& format : report_formats()) {
    if (format.kind == kind) names.push_back(format.name);
  }
  return names;
}

std::vector<OutputFile> report_files(const Run& run, const std::vector<const ReportFormat*>& formats,
                                     ReportOptions options, Drawings& drawings) {
  std::vector<std::string> images;
  for (const ReportFormat* format : formats) {
    for (const std::string& image : format->images) add_once(images, image);
  }
  drawings.prepare(images);
  // The page links the images that are written beside it.
  for (const std::string& image : figure_formats()) {
    const bool written = std::any_of(formats.begin(), formats.end(), [&](const ReportFormat* format) {
      return format->name != "html" && contains(format->images, image);
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
