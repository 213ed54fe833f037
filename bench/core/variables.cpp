#include "bench/core/variables.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t kFoundAnywhere = 4;  ///< letters; a shorter value is in too many words by chance

bool in_a_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool stands_alone(const std::string& text, std::size_t at, std::size_t size) {
  const std::size_t end = at + size;
  return (at == 0 || !in_a_word(text[at - 1])) && (end == text.size() || !in_a_word(text[end]));
}

void hide(std::string& text, const std::string& value, const std::string& instead) {
  for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at)) {
    if (value.size() < kFoundAnywhere && !stands_alone(text, at, value.size())) {
      ++at;
      continue;
    }
    text.replace(at, value.size(), instead);
    at += instead.size();
  }
}

/// A line as it stands, and as Python's and JSON's quotes show it.
std::vector<std::string> written_forms(const std::string& line) {
  std::vector<std::string> forms{line};
  const auto add = [&](const std::string& form) {
    if (std::find(forms.begin(), forms.end(), form) == forms.end()) forms.push_back(form);
  };
  for (const char* escaped : {"\\", "\\'", "\\\"", "\\'\""}) {
    std::string form;
    for (const char c : line) {
      if (std::strchr(escaped, c) != nullptr && c != '\0') form += '\\';
      form += c;
    }
    add(form);
  }
  const std::string json = nlohmann::json(line).dump(-1, ' ', true, nlohmann::json::error_handler_t::ignore);
  add(json.substr(1, json.size() - 2));
  return forms;
}

/// "NAME=VALUE" without the value.
std::string name_alone(const std::string& setting) {
  return setting.substr(0, setting.find('='));
}

}  // namespace

bool is_variable_name(const std::string& name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return static_cast<signed char>(c) > 0 && in_a_word(c); });
}

std::string without_values(std::string text, const Variables& variables) {
  std::vector<std::pair<std::string, std::string>> secrets;  // a line of a value, and the variable's name
  for (const auto& [name, value] : variables) {
    std::istringstream lines(value);
    for (std::string line; std::getline(lines, line);) {
      if (line.empty()) continue;
      for (const std::string& form : written_forms(line)) secrets.emplace_back(form, "[" + name + "]");
    }
  }
  // The longest first: a value may hold another one.
  std::stable_sort(secrets.begin(), secrets.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  for (const auto& [value, instead] : secrets) hide(text, value, instead);
  return text;
}

std::string without_set_values(std::string text) {
  for (const char* begin : {"?env.", "&env."}) {
    for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
      const std::size_t end = std::min(text.find_first_of("&,@", at + 1), text.size());
      const std::size_t equals = text.find('=', at);
      if (equals < end) text.erase(equals, end - equals);
    }
  }
  return text;
}

std::vector<std::string> without_set_values(const std::vector<std::string>& argv) {
  constexpr std::string_view kOption = "--env", kWithValue = "--env=";
  std::vector<std::string> shown;
  for (const std::string& word : argv) {
    if (!shown.empty() && shown.back() == kOption) {
      shown.push_back(name_alone(word));
    } else if (word.starts_with(kWithValue)) {
      shown.push_back(std::string(kWithValue) + name_alone(word.substr(kWithValue.size())));
    } else {
      shown.push_back(without_set_values(word));
    }
  }
  return shown;
}

}  // namespace bench
