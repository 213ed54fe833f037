#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/images/app/docker_text.h"

namespace bench {

/// What a RUN instruction installs of Python's, in place of which the distribution's packages are taken.
struct Installs {
  struct Named {
    std::string text;   ///< a file in the app's directory, or a requirement in pip's words
    std::string where;  ///< "Dockerfile line 4"
  };
  std::vector<Named> files;     ///< pip install -r FILE
  std::vector<Named> projects;  ///< pip install NAME
  bool project = false;         ///< pip install ., uv sync, poetry install
  bool pipfile = false;         ///< pipenv install
  void add(const Installs& other);
};

/// The name in the app's directory of a file of the image, by its absolute path; empty where it is none.
using SourceOf = std::function<std::string(const std::string&)>;

/// Adds what the instruction installs. True where it does nothing else, so that nothing of it is left out.
bool take_run_line(const DockerLine& line, const std::string& workdir, const DockerVariables& variables,
                   const SourceOf& source_of, Installs& installs);

}  // namespace bench
