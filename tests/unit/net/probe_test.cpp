#include "bench/net/probe.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace bench {
namespace {

/// An app on one slow CPU: requests share it in slices, as threads of one interpreter do, and each needs
/// `work` of it before it is answered.
class SlowApp {
 public:
  explicit SlowApp(Seconds work) : slices_(static_cast<int>(work / kSlice)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 128), 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~SlowApp() {
    over_ = true;
    acceptor_.join();
    for (std::thread& worker : workers_) worker.join();
    close(listener_);
  }
  SlowApp(const SlowApp&) = delete;
  SlowApp& operator=(const SlowApp&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  static constexpr Seconds kSlice{0.002};

  void accept_all() {
    while (!over_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (poll(&waiting, 1, 20) <= 0) continue;
      const int peer = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer >= 0) workers_.emplace_back([this, peer] { answer(peer); });
    }
  }

  void answer(int peer) {
    char request[1024];
    if (recv(peer, request, sizeof request, 0) > 0) {
      ++requests_;
      for (int slice = 0; slice < slices_ && !over_; ++slice) {
        {
          const std::lock_guard cpu(cpu_);
          std::this_thread::sleep_for(kSlice);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(100));  // somebody else's turn
      }
      const std::string text = "HTTP/1.1 200 OK\r\nBench-Nonce: n\r\nContent-Length: 0\r\n\r\n";
      send(peer, text.data(), text.size(), MSG_NOSIGNAL);
    }
    close(peer);
  }

  int slices_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> over_ = false;
  std::atomic<int> requests_ = 0;
  std::mutex cpu_;
  std::thread acceptor_;
  std::vector<std::thread> workers_;
};

TEST(Probe, SeesAnAppThatAnswersMoreSlowlyThanItIsAsked) {
  SlowApp app(Seconds(0.3));
  HedgedProbe probe({"127.0.0.1", app.port(), "/", "n"});
  const TimePoint listening = Clock::now();
  const ProbeOutcome outcome = probe.run(Deadline(Seconds(20)), {}, [&] {
    ProbePace pace;
    pace.period = Seconds(0.025);
    pace.listening = true;
    pace.listening_since = listening;
    return pace;
  });
  EXPECT_EQ(outcome.kind, ProbeOutcome::Kind::kReady)
      << outcome.attempts << " attempts, " << outcome.last_answer;
  EXPECT_LT(app.requests(), 10) << "it was not flooded";
  EXPECT_LT(outcome.resolution, Seconds(0.15)) << "known from the app's word, however late the answer came";
}

TEST(Probe, SeesASlowAppAlsoWithoutItsWord) {
  SlowApp app(Seconds(0.3));
  HedgedProbe probe({"127.0.0.1", app.port(), "/", "n"});
  const ProbeOutcome outcome = probe.run(Deadline(Seconds(20)), {}, [] {
    ProbePace pace;
    pace.period = Seconds(0.025);
    return pace;
  });
  EXPECT_EQ(outcome.kind, ProbeOutcome::Kind::kReady)
      << outcome.attempts << " attempts, " << outcome.last_answer;
}

TEST(Probe, DoesNotTakeAnAnswerOfAnotherInstance) {
  SlowApp app(Seconds(0));
  HedgedProbe probe({"127.0.0.1", app.port(), "/", "another"});
  const ProbeOutcome outcome = probe.run(Deadline(Seconds(0.3)), {}, [] { return ProbePace{}; });
  EXPECT_EQ(outcome.kind, ProbeOutcome::Kind::kTimeout);
  EXPECT_EQ(outcome.last_answer, "HTTP 200 without this trial's nonce");
}

TEST(Probe, WithoutANonceTheExpectedStatusIsTheAnswer) {
  SlowApp app(Seconds(0));
  HedgedProbe any({.port = app.port(), .nonce = ""});
  EXPECT_EQ(any.run(Deadline(Seconds(20)), {}, [] { return ProbePace{}; }).kind, ProbeOutcome::Kind::kReady);

  HedgedProbe another({.port = app.port(), .nonce = "", .status = 204});
  const ProbeOutcome outcome = another.run(Deadline(Seconds(0.3)), {}, [] { return ProbePace{}; });
  EXPECT_EQ(outcome.kind, ProbeOutcome::Kind::kTimeout);
  EXPECT_EQ(outcome.last_answer, "HTTP 200");
}

}  // namespace
}  // namespace bench
