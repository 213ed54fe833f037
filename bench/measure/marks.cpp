#include "bench/measure/marks.h"

#include <algorithm>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t kTailBytes = 16 * 1024;
constexpr std::size_t kLongestLine = 4 * 1024;

// What kernels and boot loaders say first: the kernel's own first line, UEFI's hand-over to the boot loader,
// and the usual loaders' greetings.
constexpr std::array<std::string_view, 6> kLoaderWords = {"Linux version ", "[    0.0", "BdsDxe: starting",
                                                          "EFI stub:",      "GRUB",     "Booting from "};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

// The word after "@bench ", complete only when something follows it: "@bench run" may become "@bench
// runtime".
std::string_view mark_word(std::string_view line) {
  constexpr std::string_view kPrefix = "@bench ";
  const std::size_t start = line.find(kPrefix);
  if (start == std::string_view::npos) return {};
  const std::size_t begin = start + kPrefix.size();
  std::size_t end = begin;
  while (end < line.size() && is_word(line[end])) ++end;
  return end < line.size() ? line.substr(begin, end - begin) : std::string_view{};
}

std::optional<Mark> mark_of(std::string_view word) {
  if (word == "userspace") return Mark::kKernel;
  if (word == "init") return Mark::kInit;
  if (word == "runtime") return Mark::kRuntime;
  if (word == "app") return Mark::kApp;
  return std::nullopt;
}

}  // namespace

bool ConsoleMarks::stamp(std::string_view line, TimePoint now) {
  bool fresh = false;
  const auto set = [&](Mark mark) {
    auto& slot = marks_[static_cast<std::size_t>(mark)];
    if (!slot) {
      slot = now;
      fresh = true;
    }
  };
  if (serial_ && !marks_[static_cast<std::size_t>(Mark::kFirmware)] &&
      std::any_of(kLoaderWords.begin(), kLoaderWords.end(),
                  [line](std::string_view word) { return line.find(word) != std::string_view::npos; })) {
    set(Mark::kFirmware);
  }
  if (const auto mark = mark_of(mark_word(line))) set(*mark);
  return fresh;
}

void ConsoleMarks::bytes(std::string_view chunk) {
  const TimePoint now = Clock::now();
  bool fresh = false;
  {
    const std::lock_guard lock(mutex_);
    tail_.append(chunk);
    if (tail_.size() > 2 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
    while (!chunk.empty()) {
      const std::size_t newline = chunk.find('\n');
      const bool complete = newline != std::string_view::npos;
      partial_.append(chunk.substr(0, complete ? newline + 1 : chunk.size()));
      fresh |= stamp(partial_, now);
      if (complete) {
        // The first: what follows may be the program's own words.
        if (start_line_.empty() && mark_word(partial_) == "start") start_line_ = partial_;
        partial_.clear();
      } else if (partial_.size() > kLongestLine) {
        partial_.erase(0, partial_.size() - kLongestLine);
      }
      chunk.remove_prefix(complete ? newline + 1 : chunk.size());
    }
  }
  if (!fresh) return;
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_();
}

void ConsoleMarks::closed() {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_at_) closed_at_ = Clock::now();
  }
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_();
}

void ConsoleMarks::listen(std::function<void()> on_mark) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(on_mark);
}

std::optional<TimePoint> ConsoleMarks::at(Mark mark) const {
  const std::lock_guard lock(mutex_);
  return marks_[static_cast<std::size_t>(mark)];
}

std::optional<TimePoint> ConsoleMarks::closed_at() const {
  const std::lock_guard lock(mutex_);
  return closed_at_;
}

std::string ConsoleMarks::start_line() const {
  const std::lock_guard lock(mutex_);
  return start_line_;
}

std::string ConsoleMarks::tail(std::size_t lines) const {
  const std::lock_guard lock(mutex_);
  std::string clean;
  clean.reserve(tail_.size());
  bool escape = false;
  for (const char c : tail_) {  // terminals' control sequences end at a letter
    if (c == '\x1b') {
      escape = true;
    } else if (escape) {
      escape = !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
    } else if (c == '\n' || static_cast<unsigned char>(c) >= 0x20) {
      clean.push_back(c);
    }
  }
  while (!clean.empty() && clean.back() == '\n') clean.pop_back();
  std::size_t start = clean.size();
  for (std::size_t found = 0; start > 0; --start) {
    if (clean[start - 1] == '\n' && ++found == lines) break;
  }
  return clean.substr(start);
}

}  // namespace bench
