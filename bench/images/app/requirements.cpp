#include "bench/images/app/requirements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <utility>

#include "bench/base/text.h"
#include "bench/images/app/package_names.h"
#include "bench/images/app/refusal.h"

namespace bench {

namespace {

struct NumberedLine {
  std::string text;
  int number;
};

/// As pip reads them: a backslash at the end joins, and a comment begins the line or follows a blank.
std::vector<NumberedLine> requirement_lines(std::string_view text) {
  std::vector<NumberedLine> lines;
  std::string pending;
  int number = 0, first = 0;
  while (!text.empty() || !pending.empty()) {
    const auto end = text.find('\n');
    std::string line(text.substr(0, end));
    const bool last = text.empty() || end == std::string_view::npos;
    text.remove_prefix(last ? text.size() : end + 1);
    ++number;
    while (!line.empty() && line.back() == '\r') line.pop_back();
    if (pending.empty()) first = number;
    const bool comment = trimmed(line).starts_with('#');
    if (!comment && line.ends_with('\\') && !text.empty()) {
      pending += line.substr(0, line.size() - 1) + " ";
      continue;
    }
    if (line.ends_with('\\')) line.pop_back();
    pending += comment ? "" : line;
    for (const char* mark : {" #", "\t#"}) {
      if (const auto at = pending.find(mark); at != std::string::npos) pending.resize(at);
    }
    if (const std::string whole(trimmed(pending)); !whole.empty()) lines.push_back({whole, first});
    pending.clear();
  }
  return lines;
}

bool is_link(std::string_view text) {
  const auto scheme = text.find("://");
  return scheme != std::string_view::npos &&
         text.substr(0, scheme).find_first_of(" <>=;[") == std::string_view::npos;
}

std::string_view project_name_of(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// The project that a link names itself: #egg=NAME, or a wheel's or source archive's file name.
std::string project_of_link(std::string_view link) {
  if (const auto egg = link.find("egg="); egg != std::string_view::npos)
    return std::string(project_name_of(link.substr(egg + 4)));
  std::string_view file = link.substr(0, link.find_first_of("#?; "));
  file.remove_prefix(file.rfind('/') == std::string_view::npos ? 0 : file.rfind('/') + 1);
  if (file.ends_with(".whl")) return std::string(file.substr(0, file.find('-')));
  for (const std::string_view suffix : {".tar.gz", ".zip", ".tar.bz2"}) {
    // NAME-VERSION: the version begins with a digit.
    const auto dash = file.rfind('-');
    if (file.ends_with(suffix) && dash != std::string_view::npos && dash + 1 < file.size() &&
        std::isdigit(static_cast<unsigned char>(file[dash + 1])) != 0) {
      return std::string(file.substr(0, dash));
    }
  }
  return "";
}

/// The value of an option at the beginning of a line, in any spelling; nothing where the line has another.
std::optional<std::string> value_of(std::string_view line, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!line.starts_with(name)) continue;
    std::string_view rest = line.substr(name.size());
    const bool letter = name.size() == 2;
    if (!rest.empty() && !letter && rest.front() != '=' && rest.front() != ' ' && rest.front() != '\t')
      continue;
    if (rest.starts_with('=')) rest.remove_prefix(1);
    return std::string(trimmed(rest, " \t\"'"));
  }
  return std::nullopt;
}

/// Without what follows for pip alone: --hash, --config-settings and the like.
std::string without_pip_options(const std::string& line) {
  return std::string(trimmed(std::string_view(line).substr(0, line.find(" --"))));
}

}  // namespace

RequirementReader::RequirementReader(AppReader read, MarkerEnvironment python)
    : read_(std::move(read)), python_(std::move(python)) {}

void RequirementReader::note(const std::string& where, const std::string& what) {
  std::string line = where + ": " + what;
  if (std::find(notes_.begin(), notes_.end(), line) == notes_.end()) notes_.push_back(std::move(line));
}

void RequirementReader::read_file(const std::string& path, const std::string& asked) {
  const std::string plain = std::filesystem::path(path).lexically_normal().string();
  if (plain.starts_with("..") || plain.starts_with('/'))
    refuse_app(asked, fmt::format("{} lies outside the app's directory", quoted_line(path)));
  if (!files_.insert(plain).second) return;
  const auto text = read_(plain);
  if (!text) refuse_app(asked, fmt::format("there is no file {} in the app's directory", quoted_line(path)));
  for (const NumberedLine& line : requirement_lines(*text)) {
    read_line(line.text, plain, fmt::format("{} line {}", plain, line.number));
  }
}

void RequirementReader::read_line(const std::string& line, const std::string& path,
                                  const std::string& where) {
  if (line.front() == '-' && read_option(line, path, where)) return;
  add(line, where);
}

bool RequirementReader::read_option(const std::string& line, const std::string& path,
                                    const std::string& where) {
  const std::filesystem::path beside = std::filesystem::path(path).parent_path();
  if (const auto file = value_of(line, {"--requirement", "-r"})) {
    read_file((beside / *file).string(), where);
    return true;
  }
  if (const auto file = value_of(line, {"--constraint", "-c"})) {
    const std::string plain = (beside / *file).lexically_normal().string();
    if (plain.starts_with("..") || plain.starts_with('/') || !read_(plain))
      refuse_app(where, fmt::format("there is no file {} in the app's directory", quoted_line(*file)));
    note(where, fmt::format("the versions of {} do not bind the distribution's packages", plain));
    return true;
  }
  if (const auto editable = value_of(line, {"--editable", "-e"})) {
    add(*editable, where);
    return true;
  }
  if (value_of(line, {"--index-url", "--extra-index-url", "--find-links", "--no-index", "-i", "-f"})) {
    // Its value may hold a password.
    note(where, fmt::format("{} does not count: packages come from the distribution",
                            line.substr(0, line.find_first_of(" =\t"))));
    return true;
  }
  if (value_of(line, {"--trusted-host", "--pre", "--prefer-binary", "--no-binary", "--only-binary",
                      "--require-hashes", "--use-feature", "--hash"})) {
    return true;  // how pip is to build and to fetch
  }
  refuse_app(where, fmt::format("\"{}\" is not understood", quoted_line(line)));
}

void RequirementReader::add(std::string_view text, const std::string& where) {
  const std::string line = without_pip_options(std::string(trimmed(text)));
  if (line.empty()) return;
  if (is_link(line)) return add_link(line, where);
  const std::string name(project_name_of(line));
  const std::string rest(trimmed(std::string_view(line).substr(name.size())));
  const bool path =
      line.starts_with('.') || line.starts_with('/') || rest.starts_with('/') || rest.starts_with('\\');
  if (path || line.ends_with(".whl")) return add_local(line, where);
  if (name.empty() || std::isalnum(static_cast<unsigned char>(name.front())) == 0)
    refuse_app(where, fmt::format("no package of the distribution can stand for \"{}\"", quoted_line(line)));
  add_named(name, rest, line, where);
}

void RequirementReader::add_link(const std::string& line, const std::string& where) {
  const auto marker = line.find(" ;");
  if (marker != std::string::npos && marker_holds(line.substr(marker + 2), python_) == false) return;
  const std::string name = project_of_link(line);
  if (name.empty()) {
    refuse_app(where, fmt::format("\"{}\" does not say which project it is", quoted_line(line)),
               fmt::format("name it (NAME @ URL, or #egg=NAME), or {}", kOtherWays));
  }
  note(where, fmt::format("the distribution's {} takes the place of {}", name, quoted_line(line)));
  add_project(name, "", where);
}

void RequirementReader::add_local(const std::string& line, const std::string& where) {
  const std::string_view path = std::string_view(line).substr(0, line.find_first_of("[; "));
  if (path != "." && path != "./") {
    refuse_app(where, fmt::format("\"{}\" is a package of the app's own, which nothing installs here",
                                  quoted_line(line)));
  }
  if (!read_project())
    refuse_app(where, "the app's own package names its requirements in no pyproject.toml or setup.cfg");
  note(where, "the app's own package is not installed: it runs from its files");
}

void RequirementReader::add_named(const std::string& name, const std::string& rest, const std::string& line,
                                  const std::string& where) {
  std::string_view left = rest;
  std::string_view extras;
  if (left.starts_with('[')) {
    const auto close = left.find(']');
    if (close == std::string_view::npos)
      refuse_app(where, fmt::format("\"{}\" has no closing bracket", quoted_line(line)));
    extras = left.substr(1, close - 1);
    left = trimmed(left.substr(close + 1));
  }
  const bool link = left.starts_with('@');
  // In a URL a semicolon without a blank before it is the URL's own.
  const auto semicolon = link ? left.find(" ;") : left.find(';');
  if (semicolon != std::string_view::npos) {
    const std::string_view marker = trimmed(left.substr(left.find(';', semicolon) + 1));
    const auto holds = marker_holds(marker, python_);
    if (!holds) {
      refuse_app(where, fmt::format("the marker \"{}\" is not understood", quoted_line(std::string(marker))));
    }
    if (!*holds) return;
  }
  std::string_view specifier = trimmed(left.substr(0, semicolon));
  if (link) {
    note(where, fmt::format("the distribution's {} takes the place of {}", name,
                            quoted_line(std::string(trimmed(specifier.substr(1))))));
    specifier = {};
  } else {
    if (specifier.starts_with('(') && specifier.ends_with(')'))
      specifier = trimmed(specifier.substr(1, specifier.size() - 2));
    if (!specifier.empty() && std::string_view("=<>~!").find(specifier.front()) == std::string_view::npos)
      refuse_app(where, fmt::format("\"{}\" is not understood", quoted_line(line)));
  }
  add_project(name, std::string(specifier), where);
  add_extras(name, extras, where);
}

void RequirementReader::add_project(const std::string& name, const std::string& specifier,
                                    const std::string& where) {
  const std::string project = normalised_project(name);
  if (project == "pkg-resources") return;  // no project: what Debian's `pip freeze` says of setuptools
  auto [found, fresh] = found_.try_emplace(project, Requirement{name, packages_of_project(project), specifier,
                                                                where, dispensable_project(project)});
  if (!fresh && !specifier.empty()) {
    auto& known = found->second.specifier;
    known += (known.empty() ? "" : ",") + specifier;
  }
}

void RequirementReader::add_extras(const std::string& name, std::string_view extras,
                                   const std::string& where) {
  while (!trimmed(extras).empty()) {
    const auto comma = extras.find(',');
    const std::string extra(trimmed(extras.substr(0, comma)));
    extras.remove_prefix(comma == std::string_view::npos ? extras.size() : comma + 1);
    const ExtraProjects adds = projects_of_extra(normalised_project(name), extra);
    if (!adds.known) {
      note(where, fmt::format("what the extra [{}] of {} adds is not known, and is not installed",
                              quoted_line(extra), name));
    }
    for (const std::string& project : adds.projects) add_project(project, "", where);
  }
}

std::vector<Requirement> RequirementReader::requirements() const {
  std::map<std::string, Requirement> all = found_;
  all.try_emplace("flask", Requirement{"flask", packages_of_project("flask"), "", "", false});
  std::vector<Requirement> result;
  std::transform(all.begin(), all.end(), std::back_inserter(result),
                 [](const auto& row) { return row.second; });
  return result;
}

}  // namespace bench
