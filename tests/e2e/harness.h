#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace bench::e2e {

inline constexpr double kMiB = 1 << 20;  ///< bytes

/// All bytes of a file; empty when it cannot be opened.
std::string file_text(const std::filesystem::path& path);

struct Outcome {
  int exit_code = -1;  ///< 128 + signal when it was killed
  std::string out, err;
  double seconds = 0;
};

/// A program that runs beside the test; its output goes to files. Killed when this goes.
class Process {
 public:
  Process(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env,
          const std::filesystem::path& scratch);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(int signal) const;
  /// Waits for its end, at most so long; then the test has failed and it is killed.
  Outcome wait(double seconds);
  [[nodiscard]] std::string err() const;

 private:
  pid_t pid_ = -1;
  std::filesystem::path out_, err_;
  double began_ = 0;
};

/// One test's own world: a state directory of its own (so that leftovers are seen), a place for results, and
/// the built program. Images come from the shared cache. At the end of every test nothing of ours may be
/// left.
class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::map<std::string, std::string> env;

  [[nodiscard]] const std::filesystem::path& scratch() const { return scratch_; }
  [[nodiscard]] const std::filesystem::path& state() const { return state_; }
  [[nodiscard]] std::filesystem::path results() const { return scratch_ / "run"; }

  Outcome bench(const std::vector<std::string>& arguments, double limit = 300);
  std::unique_ptr<Process> start(const std::vector<std::string>& arguments);

  /// The stored run in results(), or in `directory`; the test fails when it is not there or no JSON.
  [[nodiscard]] nlohmann::json run() const { return run(results()); }
  [[nodiscard]] nlohmann::json run(const std::filesystem::path& directory) const;
  /// What of ours is still there: processes, mounts, sockets, overlays. Empty: nothing.
  [[nodiscard]] std::vector<std::string> leftovers() const;

 private:
  std::filesystem::path scratch_, state_;
};

/// Values of one metric of one target, warm-up left out.
std::vector<double> values(const nlohmann::json& run, const std::string& target, const std::string& metric);
double median(std::vector<double> numbers);

/// Waits until `condition` holds; false when it did not within the seconds.
template <typename Condition>
bool eventually(double seconds, Condition condition);

/// The built bench, and a directory of apps that misbehave in known ways.
std::string bench_program();
std::filesystem::path app(const std::string& name);
/// An app of a known truth: plain, delay (ready 2.0 s later), ballast (100 MiB of memory).
std::filesystem::path truth(const std::string& name);

double now();
void nap(double seconds);

template <typename Condition>
bool eventually(double seconds, Condition condition) {
  const double end = now() + seconds;
  while (now() < end) {
    if (condition()) return true;
    nap(0.02);
  }
  return condition();
}

}  // namespace bench::e2e
