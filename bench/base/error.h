#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace bench {

/// What kind of thing went wrong; commands map it to an exit code.
enum class ErrorCode {
  kUsage,         ///< the user asked for something that does not exist or makes no sense (exit 2)
  kUnavailable,   ///< an engine, library, package or privilege that is needed is not here (exit 3)
  kEngine,        ///< an engine answered with an error, or went away (exit 3, or a Failure of one trial)
  kInstanceDied,  ///< the instance ended while it was being waited for
  kTimeout,       ///< a deadline passed; the datum is censored, not measured
  kInterrupted,   ///< the stop token fired (exit 130)
  kIo,            ///< the file system refused: full, read-only, missing
  kCorrupt,       ///< a stored file cannot be understood
};

/// The one exception type of the project: what was tried on what and what came back, and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& what, std::string remedy = {})
      : std::runtime_error(what), code_(code), remedy_(std::move(remedy)) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  /// One sentence that tells the user what to do; empty where there is nothing sensible to say.
  [[nodiscard]] const std::string& remedy() const noexcept { return remedy_; }

 private:
  ErrorCode code_;
  std::string remedy_;
};

}  // namespace bench
