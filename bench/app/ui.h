#pragma once

#include <string>
#include <string_view>

#include "bench/base/error.h"

namespace bench {

/// What people see while something goes on: stderr only, so that stdout stays data. On a terminal, progress
/// rewrites one line; elsewhere each step is a line of its own.
class Ui {
 public:
  Ui();

  bool quiet = false;
  bool verbose = false;

  /// True when stdout is a terminal that wants colour (NO_COLOR and TERM=dumb respected).
  [[nodiscard]] bool colour() const { return colour_; }

  /// A step of long work. Silent with --quiet.
  void step(std::string_view text);
  /// Something that goes on within a step: rewritten in place on a terminal, dropped elsewhere unless
  /// --verbose.
  void live(std::string_view text);
  /// Ends the live line.
  void settle();
  void warn(std::string_view text, std::string_view remedy = {});
  void error(std::string_view text, std::string_view remedy = {});

 private:
  void line(std::string_view text);

  bool terminal_ = false;
  bool colour_ = false;
  bool live_shown_ = false;
};

}  // namespace bench
