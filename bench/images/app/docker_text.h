#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using DockerVariables = std::map<std::string, std::string>;

/// One instruction of a Dockerfile: comments dropped, continued lines joined, the text of a here-document
/// apart.
struct DockerLine {
  std::string verb;  ///< in capitals
  std::string rest;
  std::string heredoc;  ///< "" where there is none
  int number = 0;       ///< of its first line
};
std::vector<DockerLine> docker_lines(std::string_view text);

/// $NAME, ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:+other}.
std::string expanded(std::string_view text, const DockerVariables& variables);

/// Words as a shell would split them, quotes removed.
std::vector<std::string> shell_words(std::string_view text);

/// The words of a JSON list of texts; empty where it is none.
std::vector<std::string> json_words(const std::string& text);

/// One simple command of a shell's line or script.
using ShellCommand = std::vector<std::string>;

/// Cut at &&, ||, ;, |, & and the ends of lines; redirections dropped, a comment ends its line.
std::vector<ShellCommand> shell_commands(std::string_view text);

/// A path of the image, absolute and plain; ".." ends at the root.
std::string image_path(const std::string& workdir, const std::string& path);

/// The last part of a path.
std::string last_part(const std::string& path);

}  // namespace bench
