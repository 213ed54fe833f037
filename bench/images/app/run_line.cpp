#include "bench/images/app/run_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/images/app/package_names.h"
#include "bench/images/app/refusal.h"

namespace bench {

namespace {

/// `--mount=type=bind,source=requirements.txt,target=/tmp/r.txt`: files that are there for this line alone.
struct Mounts {
  std::map<std::string, std::string> files;  ///< path in the image → name in the app's directory
  std::string rest;                          ///< the line without its own options
};

Mounts mounts_of(const std::string& text, const std::string& workdir) {
  Mounts mounts;
  std::string_view left = text;
  while (left.starts_with("--")) {
    const auto end = std::min(left.find_first_of(" \t"), left.size());
    std::string source, target;
    std::string_view fields = left.substr(0, end);
    while (!fields.empty()) {
      const auto comma = std::min(fields.find(','), fields.size());
      const std::string_view field = fields.substr(0, comma);
      const auto value = [&](std::string_view name) {
        return field.starts_with(name) ? std::string(field.substr(name.size())) : std::string();
      };
      for (const char* name : {"source=", "src="}) source += value(name);
      for (const char* name : {"target=", "dst=", "destination="}) target += value(name);
      fields.remove_prefix(std::min(comma + 1, fields.size()));
    }
    if (!target.empty() && !source.empty()) mounts.files[image_path(workdir, target)] = source;
    left.remove_prefix(end);
    left.remove_prefix(std::min(left.find_first_not_of(" \t"), left.size()));
  }
  mounts.rest = left;
  return mounts;
}

class RunReader {
 public:
  RunReader(std::string where, std::string workdir, const SourceOf& source_of, const Mounts& mounts,
            Installs& installs)
      : where_(std::move(where)),
        cwd_(std::move(workdir)),
        source_of_(source_of),
        mounts_(mounts),
        installs_(installs) {}

  /// Whether the command is about Python's packages, or about nothing that stays.
  bool take(ShellCommand words) {
    while (!words.empty() && words.front().find('=') != std::string::npos && !words.front().starts_with('-'))
      words.erase(words.begin());
    if (words.empty()) return true;
    const std::string name = last_part(words.front());
    static const std::set<std::string> quiet = {"cd",     "set", "true",   ":",          "echo",
                                                "source", ".",   "export", "virtualenv", "python-config"};
    if (name == "cd" && words.size() > 1) cwd_ = image_path(cwd_, words[1]);
    if (quiet.contains(name)) return true;
    words.erase(words.begin());
    if (name.starts_with("python")) return python(words);
    if (name.starts_with("pip")) return name == "pipenv" ? pipenv(words) : pip(words);
    if (name == "uv") return uv(words);
    if (name == "poetry" || name == "pdm" || name == "hatch" || name == "flit") return manager(words);
    return false;
  }

 private:
  bool python(ShellCommand words) {
    while (!words.empty() && words.front().starts_with('-') && words.front() != "-m")
      words.erase(words.begin());
    if (words.size() < 2 || words.front() != "-m") return false;
    const std::string module = words[1];
    words.erase(words.begin(), words.begin() + 2);
    if (module == "venv" || module == "virtualenv" || module == "ensurepip" || module == "compileall")
      return true;
    if (module == "pip") return pip(words);
    if (module == "pipenv") return pipenv(words);
    if (module == "uv") return uv(words);
    return module == "poetry" && manager(words);
  }

  bool manager(const ShellCommand& words) {
    static const std::set<std::string> project = {"install", "sync", "export", "lock"};
    if (std::any_of(words.begin(), words.end(), [](const auto& word) { return project.contains(word); }))
      installs_.project = true;
    return true;
  }

  bool pipenv(const ShellCommand& words) {
    if (std::any_of(words.begin(), words.end(),
                    [](const auto& word) { return word == "install" || word == "sync"; }))
      installs_.pipfile = true;
    return true;
  }

  bool uv(ShellCommand words) {
    if (words.empty()) return true;
    if (words.front() != "pip") return manager(words);
    words.erase(words.begin());
    if (!words.empty() && words.front() == "sync") {
      for (std::size_t i = 1; i < words.size(); ++i) {
        if (!words[i].starts_with('-')) file(words[i]);
      }
      return true;
    }
    return pip(words);
  }

  bool pip(const ShellCommand& words) {
    static const std::set<std::string> verbs = {"install", "wheel", "download"};
    const auto verb =
        std::find_if(words.begin(), words.end(), [](const auto& word) { return verbs.contains(word); });
    if (verb == words.end()) return true;  // pip cache purge, pip --version
    static const std::set<std::string> with_value = {"-i",
                                                     "--index-url",
                                                     "--extra-index-url",
                                                     "-f",
                                                     "--find-links",
                                                     "-t",
                                                     "--target",
                                                     "--prefix",
                                                     "--root",
                                                     "--cache-dir",
                                                     "--trusted-host",
                                                     "--timeout",
                                                     "--retries",
                                                     "--python",
                                                     "--no-binary",
                                                     "--only-binary",
                                                     "--platform",
                                                     "--proxy",
                                                     "--progress-bar",
                                                     "--src",
                                                     "--upgrade-strategy",
                                                     "--log",
                                                     "-w",
                                                     "--wheel-dir",
                                                     "-c",
                                                     "--constraint",
                                                     "--python-version",
                                                     "--implementation",
                                                     "--abi",
                                                     "-d",
                                                     "--dest"};
    const ShellCommand rest(verb + 1, words.end());
    for (std::size_t i = 0; i < rest.size(); ++i) {
      const std::string& word = rest[i];
      const bool more = i + 1 < rest.size();
      if ((word == "-r" || word == "--requirement") && more) {
        file(rest[++i]);
      } else if (word.starts_with("--requirement=")) {
        file(word.substr(word.find('=') + 1));
      } else if (word.starts_with("-r") && !word.starts_with("--")) {
        file(word.substr(2));
      } else if ((word == "-e" || word == "--editable") && more) {
        project(rest[++i]);
      } else if (with_value.contains(word)) {
        ++i;
      } else if (!word.starts_with('-')) {
        project(word);
      }
    }
    return true;
  }

  void file(const std::string& path) {
    const std::string absolute = image_path(cwd_, path);
    const auto mounted = mounts_.files.find(absolute);
    std::string source = mounted == mounts_.files.end() ? source_of_(absolute) : mounted->second;
    if (source.empty()) source = last_part(path);  // made by an earlier line, or copied from another stage
    installs_.files.push_back({source, where_});
  }

  void project(const std::string& word) {
    const bool wheels =
        word.find('*') != std::string::npos || word.starts_with('/') || word.ends_with(".whl");
    const std::string path = word.substr(0, word.find('['));
    if (path == "." || path == "./") {
      installs_.project = true;
    } else if (!wheels) {
      const std::string name = word.substr(0, word.find_first_of("=<>~![;@ "));
      if (!dispensable_project(normalised_project(name))) installs_.projects.push_back({word, where_});
    }
  }

  std::string where_, cwd_;
  const SourceOf& source_of_;
  const Mounts& mounts_;
  Installs& installs_;
};

}  // namespace

void Installs::add(const Installs& other) {
  files.insert(files.end(), other.files.begin(), other.files.end());
  projects.insert(projects.end(), other.projects.begin(), other.projects.end());
  project = project || other.project;
  pipfile = pipfile || other.pipfile;
}

bool take_run_line(const DockerLine& line, const std::string& workdir, const DockerVariables& variables,
                   const SourceOf& source_of, Installs& installs) {
  const Mounts mounts = mounts_of(line.rest, workdir);
  RunReader reader(fmt::format("Dockerfile line {}", line.number), workdir, source_of, mounts, installs);
  const auto exec = json_words(mounts.rest);
  if (!exec.empty()) return reader.take(exec);
  bool nothing_else = true;
  const std::string text = line.heredoc.empty() ? mounts.rest : line.heredoc;
  for (const ShellCommand& command : shell_commands(expanded(text, variables)))
    nothing_else = reader.take(command) && nothing_else;
  return nothing_else;
}

}  // namespace bench
