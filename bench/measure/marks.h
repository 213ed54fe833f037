#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "bench/base/clock.h"
#include "drivers/driver.h"

namespace bench {

/// What an instance's console tells about its start, in the order in which it happens.
enum class Mark {
  kFirmware,  ///< the first word of the kernel or of the boot loader: the firmware is done
  kKernel,    ///< "@bench userspace": the kernel started user space's first process
  kInit,      ///< "@bench init": init is done and is about to start the app
  kRuntime,   ///< "@bench runtime": the app's code begins to run
  kApp,       ///< "@bench app": the app listens
};
inline constexpr std::size_t kMarkCount = 5;

/// Reads an instance's console as it arrives and stamps each mark with the host's clock on arrival, so that
/// no clock is shared with a guest. The first arrival of a mark counts. Keeps the console's tail for
/// failures.
class ConsoleMarks : public ConsoleSink {
 public:
  /// `on_mark` is called (from the driver's thread, without a lock held) after a mark or the end of the
  /// stream.
  explicit ConsoleMarks(bool serial) : serial_(serial) {}

  void bytes(std::string_view chunk) override;
  void closed() override;

  /// Replaces the listener; an empty one is allowed. Returns only when no call of the old one is under way.
  void listen(std::function<void()> on_mark);

  [[nodiscard]] std::optional<TimePoint> at(Mark mark) const;
  [[nodiscard]] std::optional<TimePoint> closed_at() const;
  /// The first complete line that says how the program was started (start_report.h); empty: none came.
  [[nodiscard]] std::string start_line() const;
  /// The console's last lines, at most `lines`, control characters removed.
  [[nodiscard]] std::string tail(std::size_t lines) const;

 private:
  bool stamp(std::string_view line, TimePoint now);  // true when a mark is new

  const bool serial_;
  mutable std::mutex mutex_;
  std::mutex listener_mutex_;
  std::function<void()> listener_;
  std::array<std::optional<TimePoint>, kMarkCount> marks_{};
  std::optional<TimePoint> closed_at_;
  std::string partial_;  // the line that is not complete yet
  std::string start_line_;
  std::string tail_;  // the last kTailBytes of everything
};

}  // namespace bench
