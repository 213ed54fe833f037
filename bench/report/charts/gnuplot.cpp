#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/base/subprocess.h"
#include "bench/report/charts/figures.h"

namespace bench {
namespace {

constexpr const char* kProgram = "gnuplot";
constexpr Seconds kTimeout{60};

/// A script's file that is gone when it has been drawn.
class ScriptFile {
 public:
  explicit ScriptFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "bench-figure-XXXXXX").string();
    const Fd fd(mkstemp(name.data()));
    if (!fd.open()) {
      throw Error(ErrorCode::kIo, fmt::format("cannot make {}: {}", name, std::strerror(errno)));
    }
    path_ = name;
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t n = write(fd.get(), text.data() + done, text.size() - done);
      if (n < 0 && errno != EINTR) {
        const std::string why = std::strerror(errno);
        unlink(path_.c_str());
        throw Error(ErrorCode::kIo, fmt::format("cannot write {}: {}", path_, why));
      }
      done += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    }
  }
  ScriptFile(const ScriptFile&) = delete;
  ScriptFile& operator=(const ScriptFile&) = delete;
  ~ScriptFile() { unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Sizes so that the three look alike: an SVG's pixel is 1/96 inch, cairo's point sizes are of 72 dpi.
std::string terminal(const Figure& figure, std::string_view format) {
  if (format == "svg") {
    return fmt::format("set terminal svg size {},{} fixed font 'sans-serif,12' noenhanced\n", figure.width,
                       figure.height);
  }
  if (format == "png") {
    return fmt::format(
        "set terminal pngcairo size {},{} font 'sans-serif,12' fontscale 1.5 linewidth 2 pointscale 2 "
        "noenhanced\n",
        2 * figure.width, 2 * figure.height);
  }
  if (format == "pdf") {
    return fmt::format(
        "set terminal pdfcairo size {:.4f}in,{:.4f}in font 'sans-serif,12' fontscale 0.56 linewidth 1.1 "
        "pointscale 1 noenhanced\n",
        figure.width / 96.0, figure.height / 96.0);
  }
  throw Error(ErrorCode::kUsage, fmt::format("no such figure format: {}", format), "svg, png or pdf");
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

/// Everything from `begin` to `end` inclusive, each time.
void erase_all(std::string& text, std::string_view begin, std::string_view end) {
  std::string kept;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find(begin, from)) != std::string::npos;) {
    kept.append(text, from, at - from);
    const std::size_t last = text.find(end, at);
    from = last == std::string::npos ? text.size() : last + end.size();
  }
  text = kept.append(text, from, std::string::npos);
}

/// gnuplot's titles would show up as tooltips that name data blocks; its ids are the same in every file, and
/// its bold is a font's name. Drops the markup of layers that hold nothing, which is a third of the file.
std::string tidy_svg(std::string svg, const Figure& figure) {
  erase_all(svg, "<title>", "</title>");
  erase_all(svg, "<desc>", "</desc>\n");
  erase_all(svg, "\t<filter id='textbox'", "</filter>\n");
  erase_all(svg, "\t<filter id='greybox'", "</filter>\n");
  replace_all(svg, "font-family=\"sans-serif:Bold\"", "font-family=\"sans-serif\" font-weight=\"bold\"");
  // Its triangles and diamonds are larger than cairo's.
  replace_all(svg, "d='M0,-1.33 L-1.33,0.67 L1.33,0.67 z'", "d='M0,-1.1 L-1.1,0.55 L1.1,0.55 z'");
  replace_all(svg, "transform='rotate(45)'", "transform='rotate(45) scale(0.75)'");
  replace_all(svg, " id='gp", fmt::format(" id='{}-gp", figure.id));
  replace_all(svg, "'#gp", fmt::format("'#{}-gp", figure.id));
  replace_all(svg, " id=\"gnuplot_", fmt::format(" id=\"{}-", figure.id));
  std::string tidy;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = svg.find("<g ", from)) != std::string::npos;) {
    tidy.append(svg, from, at - from);
    from = at;
    const std::size_t close_tag = svg.find('>', at);
    if (close_tag != std::string::npos && svg.compare(close_tag, 7, ">\n</g>\n") == 0) {
      from = close_tag + 7;
    } else {
      tidy.append(svg, from, 3);
      from += 3;
    }
  }
  return tidy.append(svg, from, std::string::npos);
}

/// The date's digits become those of a day that says nothing; the length, which the file's index relies on,
/// stays.
std::string undated_pdf(std::string pdf) {
  constexpr std::string_view kNoDate = "20000101000000";
  constexpr std::string_view kKey = "/CreationDate (D:";
  if (const std::size_t at = pdf.rfind(kKey); at != std::string::npos) {
    for (std::size_t i = 0, to = at + kKey.size(); i < kNoDate.size() && to < pdf.size(); ++i, ++to) {
      if (std::isdigit(static_cast<unsigned char>(pdf[to])) == 0) break;
      pdf[to] = kNoDate[i];
    }
  }
  return pdf;
}

}  // namespace

const std::vector<std::string>& figure_formats() {
  static const std::vector<std::string> all = {"svg", "png", "pdf"};
  return all;
}

bool can_draw() {
  return have_program(kProgram);
}

std::string draw(const Figure& figure, std::string_view format) {
  const std::string head = terminal(figure, format);
  if (!can_draw()) {
    throw Error(ErrorCode::kUnavailable, "figures need gnuplot, which is not here", kDrawRemedy);
  }
  const ScriptFile script(head + figure.script);
  CommandOptions options;
  // -d: a user's own settings have no say, nor has the place.
  options.env = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
  options.timeout = kTimeout;
  const CommandResult result = run_command({kProgram, "-d", script.path()}, options);
  if (result.exit_code != 0 || result.out.empty()) {
    throw Error(ErrorCode::kEngine,
                fmt::format("gnuplot could not draw {}: {}", figure.id, result.err.substr(0, 500)),
                "report this with the stored run");
  }
  if (format == "svg") return tidy_svg(result.out, figure);
  return format == "pdf" ? undated_pdf(result.out) : result.out;
}

}  // namespace bench
