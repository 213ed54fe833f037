#include "bench/app/ui.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace bench {
namespace {

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

// What people are told must never end the run: a full disk or a reader that has left behind stderr costs the
// message and nothing else.
void tell(const std::string& text) noexcept {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

// At most `most` characters of UTF-8, never half a character.
std::string_view clip(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t shown = 0; end < text.size(); ++shown) {
    if (shown == most) return text.substr(0, end);
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  }
  return text;
}

}  // namespace

Ui::Ui() {
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  const char* no_color = std::getenv("NO_COLOR");
  terminal_ = isatty(STDERR_FILENO) != 0 && !dumb;
  colour_ = isatty(STDOUT_FILENO) != 0 && !dumb && (no_color == nullptr || *no_color == '\0');
}

void Ui::line(std::string_view text) {
  settle();
  tell(fmt::format("{}\n", text));
}

void Ui::step(std::string_view text) {
  if (!quiet) line(text);
}

void Ui::live(std::string_view text) {
  if (quiet) return;
  if (!terminal_) {
    if (verbose) line(text);
    return;
  }
  tell(fmt::format("\r\x1b[K{}", clip(text, terminal_width() - 1)));
  live_shown_ = true;
}

void Ui::settle() {
  if (!live_shown_) return;
  tell("\r\x1b[K");
  live_shown_ = false;
}

void Ui::warn(std::string_view text, std::string_view remedy) {
  line(fmt::format("bench: warning: {}", text));
  if (!remedy.empty()) line(fmt::format("  remedy: {}", remedy));
}

void Ui::error(std::string_view text, std::string_view remedy) {
  line(fmt::format("bench: error: {}", text));
  if (!remedy.empty()) line(fmt::format("  remedy: {}", remedy));
}

}  // namespace bench
