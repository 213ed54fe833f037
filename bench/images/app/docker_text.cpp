#include "bench/images/app/docker_text.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "bench/base/text.h"

namespace bench {

namespace {

/// The lines of a text, one after the other.
class TextLines {
 public:
  explicit TextLines(std::string_view text) : text_(text) {}
  [[nodiscard]] bool more() const { return !text_.empty(); }
  [[nodiscard]] int number() const { return number_; }
  std::string next() {
    const auto end = text_.find('\n');
    std::string line(text_.substr(0, end));
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    ++number_;
    return line;
  }

 private:
  std::string_view text_;
  int number_ = 0;
};

/// "EOF" of `<<EOF`, `<<-EOF`, `<<"EOF"`; empty where an instruction has no here-document.
std::string heredoc_end(const std::string& verb, const std::string& rest) {
  if (verb != "RUN" && verb != "COPY" && verb != "ADD") return "";
  const auto at = rest.find("<<");
  if (at == std::string::npos || (at > 0 && rest[at - 1] == '<') || rest.substr(at).starts_with("<<<"))
    return "";
  std::string_view mark = std::string_view(rest).substr(at + 2);
  if (mark.starts_with('-')) mark.remove_prefix(1);
  const auto words = shell_words(mark);
  return mark.starts_with(' ') || words.empty() ? "" : words.front();
}

DockerLine instruction(const std::string& line, int number) {
  const auto space = line.find_first_of(" \t");
  DockerLine result{
      line.substr(0, space),
      space == std::string::npos ? "" : std::string(trimmed(std::string_view(line).substr(space))), "",
      number};
  std::transform(result.verb.begin(), result.verb.end(), result.verb.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

/// `# escape=` and a character before anything else: the backslash's part is another one's.
char escape_of(std::string_view text) {
  for (TextLines lines(text); lines.more();) {
    std::string line = lines.next();
    std::erase_if(line, [](unsigned char c) { return std::isspace(c) != 0; });
    if (!line.starts_with('#')) break;
    if (line.starts_with("#escape=") && line.size() == 9) return line.back();
  }
  return '\\';
}

bool name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string with_rule(std::string_view rule, const std::string& value, bool set) {
  if (rule.starts_with(":-")) return value.empty() ? std::string(rule.substr(2)) : value;
  if (rule.starts_with(":+")) return value.empty() ? "" : std::string(rule.substr(2));
  if (rule.starts_with('-')) return set ? value : std::string(rule.substr(1));
  if (rule.starts_with('+')) return set ? std::string(rule.substr(1)) : "";
  return value;
}

}  // namespace

std::vector<DockerLine> docker_lines(std::string_view text) {
  const char escape = escape_of(text);
  std::vector<DockerLine> result;
  std::string pending;
  int first = 0;
  for (TextLines lines(text); lines.more();) {
    std::string line(trimmed(lines.next()));
    if (line.starts_with('#') || (line.empty() && !pending.empty() && lines.more())) continue;
    if (pending.empty()) first = lines.number();
    if (!line.empty() && line.back() == escape) {
      pending += line.substr(0, line.size() - 1) + " ";
      if (lines.more()) continue;
      line.clear();
    }
    pending += line;
    const std::string whole(trimmed(std::exchange(pending, "")));
    if (whole.empty()) continue;
    DockerLine found = instruction(whole, first);
    if (const std::string end = heredoc_end(found.verb, found.rest); !end.empty()) {
      while (lines.more()) {
        const std::string body = lines.next();
        if (trimmed(body) == end) break;
        found.heredoc += body + "\n";
      }
    }
    result.push_back(std::move(found));
  }
  return result;
}

std::string expanded(std::string_view text, const DockerVariables& variables) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '$') {
      result += text[++i];
      continue;
    }
    const bool braces = i + 1 < text.size() && text[i + 1] == '{';
    const std::size_t begin = i + (braces ? 2 : 1);
    std::size_t end = begin;
    while (text[i] == '$' && end < text.size() && name_character(text[end])) ++end;
    if (text[i] != '$' || end <= begin) {
      result += text[i];
      continue;
    }
    const auto found = variables.find(std::string(text.substr(begin, end - begin)));
    std::string value = found == variables.end() ? "" : found->second;
    if (braces) {
      const auto close = text.find('}', end);
      if (close == std::string_view::npos) return result + std::string(text.substr(i));
      value = with_rule(text.substr(end, close - end), value, found != variables.end());
      end = close + 1;
    }
    result += value;
    i = end - 1;
  }
  return result;
}

std::vector<std::string> shell_words(std::string_view text) {
  std::vector<std::string> result;
  std::optional<std::string> word;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word = word.value_or("") + text[++i];
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        *word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      word = word.value_or("");
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (word) result.push_back(*std::exchange(word, std::nullopt));
    } else {
      word = word.value_or("") + c;
    }
  }
  if (word) result.push_back(*word);
  return result;
}

std::vector<std::string> json_words(const std::string& text) {
  if (!text.starts_with('[')) return {};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array() ||
      !std::all_of(json.begin(), json.end(), [](const auto& item) { return item.is_string(); }))
    return {};
  return json.get<std::vector<std::string>>();
}

std::vector<ShellCommand> shell_commands(std::string_view text) {
  std::vector<ShellCommand> result;
  std::string command;
  const auto finish = [&] {
    ShellCommand words = shell_words(command);
    command.clear();
    // What follows ">" or stands behind it is where its words go, not a word of its own.
    for (std::size_t i = 0; i < words.size();) {
      const auto mark = words[i].find_first_of("<>");
      const bool redirects = mark != std::string::npos && words[i].find_first_not_of("0123456789") == mark;
      const bool bare = redirects && words[i].find_first_not_of("<>", mark) == std::string::npos;
      const auto at = words.begin() + static_cast<std::ptrdiff_t>(i);
      if (!redirects) {
        ++i;
      } else {
        words.erase(at, at + (bare && i + 1 < words.size() ? 2 : 1));
      }
    }
    if (!words.empty()) result.push_back(std::move(words));
  };
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool word_begins = command.empty() || command.back() == ' ' || command.back() == '\t';
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      if (text[i + 1] != '\n') command += std::string(text.substr(i, 2));
      ++i;
      continue;
    }
    if (quote == 0 && c == '#' && word_begins) {
      while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
      continue;
    }
    const bool of_redirection = c == '&' && ((!command.empty() && command.back() == '>') ||
                                             (i + 1 < text.size() && text[i + 1] == '>'));
    if (quote == 0 && (c == ';' || c == '|' || c == '\n' || (c == '&' && !of_redirection))) {
      finish();
      continue;
    }
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    }
    command += c;
  }
  finish();
  return result;
}

std::string image_path(const std::string& workdir, const std::string& path) {
  std::string result = (std::filesystem::path("/") / workdir / path).lexically_normal().string();
  while (result.size() > 1 && result.back() == '/') result.pop_back();
  return result;
}

std::string last_part(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace bench
