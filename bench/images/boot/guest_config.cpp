#include "bench/images/boot/guest_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "bench/base/error.h"
#include "bench/images/boot/init/config.h"

namespace bench {
namespace {

/// The init's format: strings that end in NUL.
class ConfigText {
 public:
  ConfigText() { put(BENCH_CONFIG_MAGIC); }

  void add(const char* key, const std::string& value) {
    if (value.find('\0') != std::string::npos) {
      throw Error(ErrorCode::kUsage, fmt::format("the image's configuration has a NUL in its {}", key));
    }
    put(key);
    put(value);
  }
  void add(const char* key, const std::vector<std::string>& values) {
    for (const auto& value : values) add(key, value);
  }
  std::string take() { return std::move(text_); }

 private:
  void put(std::string_view word) {
    text_.append(word);
    text_.push_back('\0');
  }
  std::string text_;
};

void check(const GuestConfig& config) {
  if (config.command.empty()) {
    throw Error(ErrorCode::kUsage, "the image names no program to start (no ENTRYPOINT, no CMD)",
                "add a CMD to the image");
  }
  for (const auto& pair : config.environment) {
    if (pair.find('=') == std::string::npos || pair.front() == '=') {
      // Without its value, which may be a secret.
      throw Error(ErrorCode::kUsage, fmt::format("the image's environment has a variable without a name or "
                                                 "without \"=\": {}",
                                                 pair.substr(0, pair.find('='))));
    }
  }
  if (!config.workdir.empty() && config.workdir.front() != '/') {
    throw Error(ErrorCode::kUsage, fmt::format("the working directory {} is not absolute", config.workdir));
  }
}

std::optional<int> number_of(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr std::array<std::pair<std::string_view, int>, 34> kSignals{{
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},       {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"IOT", SIGIOT},   {"BUS", SIGBUS},   {"FPE", SIGFPE},       {"KILL", SIGKILL},
    {"USR1", SIGUSR1}, {"SEGV", SIGSEGV}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},     {"ALRM", SIGALRM},
    {"TERM", SIGTERM}, {"STKFLT", 16},    {"CHLD", SIGCHLD}, {"CONT", SIGCONT},     {"STOP", SIGSTOP},
    {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU}, {"URG", SIGURG},       {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ}, {"PROF", SIGPROF}, {"IO", SIGIO},     {"VTALRM", SIGVTALRM}, {"WINCH", SIGWINCH},
    {"POLL", SIGIO},   {"PWR", SIGPWR},   {"SYS", SIGSYS},   {"CLD", SIGCHLD},
}};

// As Go's and so Docker's tables have them: the C library keeps the kernel's first two for itself.
constexpr int kRealTimeFirst = 34, kRealTimeLast = 64;

std::optional<int> real_time(std::string_view name) {
  for (const auto& [word, base] :
       {std::pair<std::string_view, int>{"RTMIN", kRealTimeFirst}, {"RTMAX", kRealTimeLast}}) {
    if (!name.starts_with(word)) continue;
    std::string_view offset = name.substr(word.size());
    if (offset.empty()) return base;
    if (offset.front() != (base == kRealTimeFirst ? '+' : '-')) return std::nullopt;
    const auto number = number_of(offset.substr(1));
    if (!number || *number < 0) return std::nullopt;
    return base == kRealTimeFirst ? base + *number : base - *number;
  }
  return std::nullopt;
}

}  // namespace

std::string guest_config_text(const GuestConfig& config, const std::vector<std::string>& modules) {
  check(config);
  ConfigText text;
  text.add("module", modules);
  text.add("disk", config.disk);
  text.add("tmpfs", config.tmpfs);
  text.add("hostname", config.hostname);
  text.add("address", config.address);
  text.add("gateway", config.gateway);
  text.add("nameserver", config.nameserver);
  text.add("nonce", config.nonce_variable);
  text.add("workdir", config.workdir);
  text.add("user", config.user);
  text.add("signal", std::to_string(config.stop_signal));
  text.add("grace", std::to_string(config.grace.count()));
  for (const auto& limit : config.limits) {
    text.add("limit", fmt::format("{}:{}:{}", limit.resource, limit.soft, limit.hard));
  }
  text.add("env", config.environment);
  text.add("arg", config.command);
  return text.take();
}

int stop_signal_number(const std::string& text) {
  std::string name = text;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  if (name.starts_with("SIG")) name.erase(0, 3);
  std::optional<int> number = text.empty() ? std::optional<int>(SIGTERM) : number_of(text);
  if (!number) number = real_time(name);
  for (const auto& [word, value] : kSignals) {
    if (word == name) number = value;
  }
  if (!number || *number < 1 || *number > kRealTimeLast) {
    throw Error(ErrorCode::kUsage, fmt::format("the image's stop signal {} is none", text));
  }
  return *number;
}

}  // namespace bench
