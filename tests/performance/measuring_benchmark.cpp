#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "bench/base/fd.h"
#include "bench/measure/marks.h"
#include "bench/net/probe.h"

// What stands between an app and the number that is written down: the probe, and the stamping of a console's
// marks.

namespace bench {
namespace {

/// An app that answers every request at once. It ends with its listening socket.
class QuickApp {
 public:
  QuickApp() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_.get(), 128) != 0 ||
        getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    server_ = std::thread([this] { serve(); });
  }
  ~QuickApp() {
    shutdown(listener_.get(), SHUT_RDWR);
    server_.join();
  }
  QuickApp(const QuickApp&) = delete;
  QuickApp& operator=(const QuickApp&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve() const {
    const std::string answer =
        "HTTP/1.1 200 OK\r\nBench-Nonce: n\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    char request[1024];
    for (;;) {
      const Fd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer.open()) return;
      if (recv(peer.get(), request, sizeof request, 0) > 0) {
        (void)!send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    }
  }

  Fd listener_;
  std::uint16_t port_ = 0;
  std::thread server_;
};

/// From the probe's start to its answer where the app is there already: what every ready time holds at least.
void probe_of_a_ready_app(benchmark::State& state) {
  const QuickApp app;
  const ProbePace pace{.period = Seconds(0.01)};
  for (auto _ : state) {
    HedgedProbe probe({.port = app.port(), .path = "/", .nonce = "n"});
    const ProbeOutcome outcome = probe.run(Deadline(Seconds(5)), {}, [&] { return pace; });
    if (outcome.kind != ProbeOutcome::Kind::kReady) {
      state.SkipWithError("the app did not answer");
      break;
    }
  }
}
BENCHMARK(probe_of_a_ready_app)->UseRealTime();

/// An attempt that is refused, as most are while something starts.
void probe_attempt_that_is_refused(benchmark::State& state) {
  std::uint16_t port = 0;
  {
    const QuickApp app;  // a port that was free a moment ago
    port = app.port();
  }
  constexpr std::int64_t kAttempts = 20;
  std::int64_t attempts = 0;
  for (auto _ : state) {
    HedgedProbe probe({.port = port, .path = "/", .nonce = "n"});
    ProbePace pace{.period = Seconds(0)};
    std::int64_t asked = 0;
    const ProbeOutcome outcome = probe.run(Deadline(Seconds(5)), {}, [&] {
      pace.give_up = ++asked > kAttempts;
      return pace;
    });
    attempts += outcome.attempts;
  }
  state.counters["attempts"] = benchmark::Counter(static_cast<double>(attempts), benchmark::Counter::kIsRate);
}
BENCHMARK(probe_attempt_that_is_refused)->UseRealTime();

/// From the bytes of a mark to its listener, behind a kernel's log of `range` bytes.
void mark_to_stamp(benchmark::State& state) {
  std::string log;
  while (log.size() < static_cast<std::size_t>(state.range(0))) {
    log += "[    1.234567] virtio_blk virtio1: [vda] 4194304 512-byte logical blocks\n";
  }
  for (auto _ : state) {
    state.PauseTiming();
    bool told = false;
    ConsoleMarks marks(true);
    marks.listen([&] { told = true; });
    state.ResumeTiming();
    marks.bytes(log);
    marks.bytes("@bench userspace\n");
    if (!told || !marks.at(Mark::kKernel)) {
      state.SkipWithError("the mark was not seen");
      break;
    }
  }
}
BENCHMARK(mark_to_stamp)->Arg(0)->Arg(64 << 10);

}  // namespace
}  // namespace bench
