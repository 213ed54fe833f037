#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "bench/base/clock.h"

namespace bench {

/// What the probe asks for, and how it knows the answer to be this trial's.
struct ProbeTarget {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string path = "/";
  std::string nonce;  ///< must come back in the answer's Bench-Nonce header; empty: none is asked for
  int status = 200;   ///< of the answer that means ready
};

/// What the probe should do next; asked before every attempt, so that console marks steer it.
struct ProbePace {
  Seconds period{0.01};    ///< between fresh attempts while nothing says that the app listens
  bool listening = false;  ///< the app said that it listens
  TimePoint listening_since{};
  bool give_up = false;  ///< the instance is gone: stop waiting
};

struct ProbeOutcome {
  enum class Kind { kReady, kTimeout, kInterrupted, kGaveUp };
  Kind kind = Kind::kTimeout;
  TimePoint ready{};      ///< when the first verified answer was complete
  Seconds resolution{0};  ///< how late at most, see HedgedProbe
  Seconds cpu{0};         ///< CPU time that this thread spent probing
  Seconds waited{0};      ///< wall time spent probing
  std::int64_t attempts = 0;
  std::string last_answer;  ///< "HTTP 500", "connection refused", …: the last thing that was not ready
};

/// Finds the moment at which an app first answers: `GET path` is complete, its status is the expected one and
/// it carries the nonce. Without a nonce the port alone says whose answer it is: it was drawn for this trial.
/// A connection that a forwarder accepted and then left hanging never blocks the next one: fresh attempts are
/// opened beside the old ones and the first that completes wins. The app's own word that it listens opens one
/// at once. Attempts that hang or are being answered slow the opening of further ones down, and after the
/// app's word the gap doubles each time: an app that answers more slowly than it is asked would otherwise
/// never finish the first answer.
///
/// Resolution, how late the answer can have been seen: the time from the app's word to the first attempt
/// begun after it, or from the previous attempt's start to the winner's, whichever is less; at least kFloor,
/// for the console's delivery and the poll's granularity.
class HedgedProbe {
 public:
  static constexpr Seconds kFloor{0.001};

  explicit HedgedProbe(ProbeTarget target);
  ~HedgedProbe();
  HedgedProbe(const HedgedProbe&) = delete;
  HedgedProbe& operator=(const HedgedProbe&) = delete;

  /// Probes from this thread until ready, give_up, the deadline or the stop token.
  ProbeOutcome run(const Deadline& deadline, const std::stop_token& stop,
                   const std::function<ProbePace()>& pace);

  /// Makes run() ask for its pace again at once. From any thread, at any time.
  void wake();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One plain GET on loopback: the body of a 200. Throws Error{kEngine} or {kTimeout}.
std::string http_get(const std::string& host, std::uint16_t port, const std::string& path, Seconds timeout);

}  // namespace bench
