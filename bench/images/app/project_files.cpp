// What an app's project files ask for: pyproject.toml, setup.cfg, Pipfile.

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "bench/base/text.h"
#include "bench/images/app/refusal.h"
#include "bench/images/app/requirements.h"
#include "bench/images/app/versions.h"

namespace bench {

namespace {

toml::table toml_of(const std::string& text, const std::string& file) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    refuse_app(fmt::format("{} line {}", file, error.source().begin.line),
               fmt::format("it is no TOML: {}", quoted_line(std::string(error.description()))),
               "mend the file");
  }
}

std::string line_of(const toml::node& node, const std::string& file) {
  return fmt::format("{} line {}", file, node.source().begin.line);
}

/// "^2.3" and "~2.3" of Poetry, "2.3" and "*", as a specifier.
std::string poetry_specifier(const std::string& text) {
  if (text.empty() || text == "*") return "";
  const bool caret = text.front() == '^', tilde = text.front() == '~' && !text.starts_with("~=");
  if (!caret && !tilde)
    return std::isdigit(static_cast<unsigned char>(text.front())) != 0 ? "==" + text : text;
  const std::string lowest(trimmed(std::string_view(text).substr(1)));
  std::vector<int> parts;
  std::istringstream stream(lowest);
  for (std::string part; std::getline(stream, part, '.') && parts.size() < 3;) {
    parts.push_back(std::atoi(part.c_str()));
  }
  if (parts.empty()) return "";
  // The first part that may not change: for "^" the first that is not 0, for "~" the second.
  std::size_t kept = tilde ? std::min<std::size_t>(1, parts.size() - 1) : 0;
  while (caret && kept + 1 < parts.size() && parts[kept] == 0) ++kept;
  std::string below;
  for (std::size_t i = 0; i <= kept; ++i)
    below += fmt::format("{}{}", i == 0 ? "" : ".", parts[i] + (i == kept ? 1 : 0));
  return fmt::format(">={},<{}", lowest, below);
}

/// A row of Poetry's or Pipenv's table as one requirement in pip's words; empty: it is not for a plain
/// install.
std::string requirement_of(const std::string& name, const toml::node& value, const std::string& where) {
  if (const auto text = value.value<std::string>()) return name + poetry_specifier(*text);
  const toml::table* table = value.as_table();
  if (table == nullptr)
    refuse_app(where, fmt::format("what {} shall be is not understood", quoted_line(name)));
  if ((*table)["optional"].value_or(false)) return "";
  if (table->contains("path"))
    refuse_app(where, fmt::format("{} is a package of the app's own, which nothing installs here",
                                  quoted_line(name)));
  std::string text = name;
  if (const toml::array* extras = (*table)["extras"].as_array()) {
    std::string all;
    for (const toml::node& extra : *extras) all += (all.empty() ? "" : ",") + extra.value_or(std::string());
    text += "[" + all + "]";
  }
  for (const char* link : {"git", "url", "file"}) {
    if (const auto at = (*table)[link].value<std::string>()) text += " @ " + *at + " ";
  }
  if (text.find(" @ ") == std::string::npos)
    text += poetry_specifier((*table)["version"].value_or(std::string()));
  if (const auto marker = (*table)["markers"].value<std::string>()) text += " ; " + *marker;
  return text;
}

}  // namespace

bool RequirementReader::read_project() {
  return read_pyproject() || read_setup_cfg();
}

bool RequirementReader::read_pyproject() {
  static const std::string file = "pyproject.toml";
  const auto text = read_(file);
  if (!text) return false;
  const toml::table all = toml_of(*text, file);
  if (const toml::array* list = all["project"]["dependencies"].as_array()) {
    for (const toml::node& item : *list) {
      const auto requirement = item.value<std::string>();
      if (!requirement) refuse_app(line_of(item, file), "a dependency is a text");
      add(*requirement, line_of(item, file));
    }
    return true;
  }
  if (const toml::table* rows = all["tool"]["poetry"]["dependencies"].as_table()) {
    for (const auto& [key, value] : *rows) {
      const std::string name(key.str());
      if (name != "python") add(requirement_of(name, value, line_of(value, file)), line_of(value, file));
    }
    return true;
  }
  const auto dynamic = all["tool"]["setuptools"]["dynamic"]["dependencies"]["file"];
  if (const auto one = dynamic.value<std::string>()) {
    read_file(*one, file);
    return true;
  }
  if (const toml::array* several = dynamic.as_array()) {
    for (const toml::node& item : *several) read_file(item.value_or(std::string()), line_of(item, file));
    return true;
  }
  return false;
}

bool RequirementReader::read_setup_cfg() {
  static const std::string file = "setup.cfg";
  const auto text = read_(file);
  if (!text) return false;
  std::istringstream lines(*text);
  std::string section;
  bool listed = false, found = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string_view word = trimmed(line);
    if (word.empty() || word.starts_with('#') || word.starts_with(';')) continue;
    const bool indented = line.front() == ' ' || line.front() == '\t';
    std::string_view value = word;
    if (!indented) {
      listed = false;
      if (word.starts_with('[')) section = word;
      const auto equals = word.find('=');
      if (section != "[options]" || equals == std::string_view::npos ||
          trimmed(word.substr(0, equals)) != "install_requires")
        continue;
      listed = found = true;
      value = trimmed(word.substr(equals + 1));
    }
    if (listed && !value.empty()) add(value, fmt::format("{} line {}", file, number));
  }
  return found;
}

bool RequirementReader::read_pipfile() {
  static const std::string file = "Pipfile";
  const auto text = read_(file);
  if (!text) return false;
  const toml::table all = toml_of(*text, file);
  if (const toml::table* rows = all["packages"].as_table()) {
    for (const auto& [key, value] : *rows)
      add(requirement_of(std::string(key.str()), value, line_of(value, file)), line_of(value, file));
  }
  return true;
}

}  // namespace bench
