#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bench/images/app/app_text.h"
#include "bench/images/app/markers.h"

namespace bench {

/// One project that an app asks for, and the distribution's packages that can fulfil it.
struct Requirement {
  std::string project;                ///< its name as it was written first
  std::vector<std::string> packages;  ///< "python3-…": the first that the distribution has is taken
  std::string specifier;              ///< "==3.0.0": the versions asked for; empty: any
  std::string where;                  ///< "requirements.txt line 3"
  bool dispensable = false;           ///< the app runs without it
  bool operator==(const Requirement&) const = default;
};

/// Collects what an app asks for from its files. Every function throws Error{kUsage} that names the file, the
/// line and a way out where no package of the distribution can stand for what is asked.
class RequirementReader {
 public:
  RequirementReader(AppReader read, MarkerEnvironment python);

  /// A file in the form of requirements.txt, with those that it includes. `asked` says what names it, for
  /// where it is missing.
  void read_file(const std::string& path, const std::string& asked);

  /// pyproject.toml, else setup.cfg: what the app itself needs. False where neither says anything.
  bool read_project();

  /// Pipfile's [packages]. False where there is none.
  bool read_pipfile();

  /// One requirement, such as `flask[async]>=2; python_version > "3.8"`.
  void add(std::string_view text, const std::string& where);

  /// Flask is always among them; sorted by project, each once.
  [[nodiscard]] std::vector<Requirement> requirements() const;

  /// One line each: what was not taken as it was written.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  void read_line(const std::string& line, const std::string& path, const std::string& where);
  bool read_option(const std::string& line, const std::string& path, const std::string& where);
  void add_link(const std::string& line, const std::string& where);
  void add_local(const std::string& line, const std::string& where);
  void add_named(const std::string& name, const std::string& rest, const std::string& line,
                 const std::string& where);
  void add_project(const std::string& name, const std::string& specifier, const std::string& where);
  void add_extras(const std::string& name, std::string_view extras, const std::string& where);
  bool read_pyproject();
  bool read_setup_cfg();
  void note(const std::string& where, const std::string& what);

  AppReader read_;
  MarkerEnvironment python_;
  std::map<std::string, Requirement> found_;  ///< by normalised name
  std::set<std::string> files_;               ///< those that were read
  std::vector<std::string> notes_;
};

}  // namespace bench
