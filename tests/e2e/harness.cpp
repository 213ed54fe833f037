#include "e2e/harness.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace bench::e2e {
namespace fs = std::filesystem;
namespace {

int status_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string file_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  try {
    return {std::istreambuf_iterator<char>(file), {}};
  } catch (const std::ios_base::failure&) {
    return {};  // a process that ended meanwhile
  }
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
void nap(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}
std::string bench_program() {
  return BENCH_PROGRAM;
}
fs::path app(const std::string& name) {
  return fs::path(BENCH_TEST_DIR) / "fixtures" / "apps" / name;
}
fs::path truth(const std::string& name) {
  return fs::canonical(fs::path(BENCH_TEST_DIR) / ".." / "backend" / "truths" / name);
}

Process::Process(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env,
                 const fs::path& scratch) {
  static int count = 0;
  out_ = scratch / ("out-" + std::to_string(++count));
  err_ = scratch / ("err-" + std::to_string(count));
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  began_ = now();
  pid_ = fork();
  if (pid_ == 0) {
    setpgid(0, 0);
    for (const auto& [name, value] : env) setenv(name.c_str(), value.c_str(), 1);
    const int null = open("/dev/null", O_RDONLY);
    const int out = open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int err = open(err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(null, 0);
    dup2(out, 1);
    dup2(err, 2);
    if (chdir(scratch.c_str()) != 0) _exit(126);
    execvp(words.front(), words.data());
    _exit(127);
  }
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

void Process::send(int signal) const {
  kill(pid_, signal);
}
std::string Process::err() const {
  return file_text(err_);
}

Outcome Process::wait(double seconds) {
  Outcome outcome;
  int status = 0;
  const double end = now() + seconds;
  pid_t got = 0;
  while ((got = waitpid(pid_, &status, WNOHANG)) == 0 && now() < end) nap(0.005);
  if (got == 0) {
    ADD_FAILURE() << "still running after " << seconds << " s; its stderr ends with:\n"
                  << err().substr(err().size() > 2000 ? err().size() - 2000 : 0);
    kill(pid_, SIGKILL);
    waitpid(pid_, &status, 0);
  }
  pid_ = -1;
  outcome.seconds = now() - began_;
  outcome.exit_code = status_code(status);
  outcome.out = file_text(out_);
  outcome.err = file_text(err_);
  return outcome;
}

namespace {

/// The images' cache, as bench finds it.
fs::path image_cache() {
  const char* own = std::getenv("BENCH_CACHE_DIR");
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (own != nullptr) return own;
  return xdg != nullptr ? fs::path(xdg) / "bench" : fs::path(std::getenv("HOME")) / ".cache" / "bench";
}

/// Whether KVM boots a guest here costs half a minute where it does not. So one test's proof is the next
/// one's.
void hand_on(const fs::path& from, const fs::path& to) {
  std::error_code none;
  if (!fs::exists(from, none)) return;
  const fs::path half = to.string() + "." + std::to_string(getpid());
  fs::copy_file(from, half, fs::copy_options::overwrite_existing, none);
  if (!none) fs::rename(half, to, none);
}

}  // namespace

World::World() {
  std::string scratch = "/tmp/bench-e2e-XXXXXX";
  scratch_ = mkdtemp(scratch.data());
  std::string state = "/tmp/bs-XXXXXX";  // short: sockets live in it
  state_ = mkdtemp(state.data());
  env["BENCH_STATE_DIR"] = state_;
  fs::create_directory(state_ / "state");
  hand_on(image_cache() / "e2e-acceleration.json", state_ / "state" / "acceleration.json");
  env["NO_COLOR"] = "1";
  env["BENCH_HOST"] = "lab-1";  // whose the stored runs of the tests are
}

World::~World() {
  const bool clean = eventually(3, [this] { return leftovers().empty(); });
  if (!clean) {
    for (const std::string& what : leftovers()) ADD_FAILURE() << "left behind: " << what;
    bench({"clean"});
  }
  hand_on(state_ / "state" / "acceleration.json", image_cache() / "e2e-acceleration.json");
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
  fs::remove_all(state_, ignored);
}

Outcome World::bench(const std::vector<std::string>& arguments, double limit) {
  return start(arguments)->wait(limit);
}

std::unique_ptr<Process> World::start(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{bench_program()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return std::make_unique<Process>(argv, env, scratch_);
}

nlohmann::json World::run(const fs::path& directory) const {
  auto json = nlohmann::json::parse(file_text(directory / "run.json"), nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << "no run.json in " << directory;
  return json;
}

std::vector<std::string> World::leftovers() const {
  std::vector<std::string> found;
  // Everything of ours names the state directory: QEMU's arguments, dockerd's, its shims', mounts,
  // namespaces.
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string line = file_text(entry.path() / "cmdline");
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (line.find(state_.string()) != std::string::npos)
      found.push_back("process " + name + ": " + line.substr(0, 160));
  }
  std::istringstream mounts(file_text("/proc/self/mounts"));
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(state_.string()) != std::string::npos) found.push_back("mount: " + line);
  }
  for (const char* dir : {"overlays", "nvram"}) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(state_ / dir, none))
      found.push_back("file: " + entry.path().string());
  }
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(state_, none)) {
    if (entry.is_socket(none)) found.push_back("socket: " + entry.path().string());
  }
  return found;
}

std::vector<double> values(const nlohmann::json& run, const std::string& target, const std::string& metric) {
  std::vector<double> numbers;
  for (const auto& sample : run.at("samples")) {
    if (sample.at("target") == target && sample.at("metric") == metric && !sample.at("warmup").get<bool>()) {
      numbers.push_back(sample.at("value").get<double>());
    }
  }
  return numbers;
}

double median(std::vector<double> numbers) {
  if (numbers.empty()) {
    ADD_FAILURE() << "the median of nothing";
    return 0;
  }
  std::sort(numbers.begin(), numbers.end());
  const std::size_t half = numbers.size() / 2;
  return numbers.size() % 2 != 0 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
}

}  // namespace bench::e2e
