#include "bench/net/probe.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <strings.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <mutex>
#include <optional>
#include <string_view>

#include "bench/base/error.h"

namespace bench {
namespace {

constexpr std::size_t kMostAttempts = 16;   // outstanding at once
constexpr Seconds kSlowest{0.5};            // between fresh attempts, however many are out
constexpr Seconds kSlowestListening{2};     // the same once the app said that it listens
constexpr long kAttemptTimeoutMs = 10'000;  // under emulation a first answer can take a second

void global_init() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Seconds thread_cpu() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return Seconds(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

struct Attempt {
  CURL* easy = nullptr;
  TimePoint begun{};
  TimePoint previous{};  // when the attempt before this one was begun
  bool nonce_seen = false;
  const std::string* nonce = nullptr;
};

std::size_t on_nonce_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto* attempt = static_cast<Attempt*>(user);
  std::string_view line(data, size * count);
  constexpr std::string_view kName = "bench-nonce:";
  if (line.size() > kName.size() && strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
    line.remove_prefix(kName.size());
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' '))
      line.remove_suffix(1);
    if (line == *attempt->nonce) attempt->nonce_seen = true;
  }
  return size * count;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

std::size_t append(char* data, std::size_t size, std::size_t count, void* user) {
  static_cast<std::string*>(user)->append(data, size * count);
  return size * count;
}

}  // namespace

struct HedgedProbe::Impl {
  ProbeTarget target;
  std::string url;
  CURLM* multi = nullptr;
  std::list<Attempt> running;  // oldest first; list, so that libcurl's pointers stay good
  std::list<CURL*> spare;

  void begin(TimePoint now, TimePoint previous) {
    Attempt& attempt = running.emplace_back();
    attempt.begun = now;
    attempt.previous = previous;
    attempt.nonce = &target.nonce;
    if (spare.empty()) {
      attempt.easy = curl_easy_init();
      if (attempt.easy == nullptr) throw Error(ErrorCode::kEngine, "libcurl gave no handle: out of memory");
    } else {
      attempt.easy = spare.front();
      spare.pop_front();
    }
    CURL* easy = attempt.easy;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kAttemptTimeoutMs);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_nonce_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &attempt);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &attempt);
    curl_multi_add_handle(multi, easy);
  }

  void drop(std::list<Attempt>::iterator attempt) {
    curl_multi_remove_handle(multi, attempt->easy);
    spare.push_back(attempt->easy);
    running.erase(attempt);
  }

  void drop(const Attempt* which) {
    const auto found =
        std::find_if(running.begin(), running.end(), [which](const Attempt& a) { return &a == which; });
    if (found != running.end()) drop(found);
  }

  // Takes finished attempts off the list; true when one of them was the answer.
  bool harvest(const std::optional<Seconds>& pushed, ProbeOutcome& outcome) {
    int queued = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &queued)) {
      if (message->msg != CURLMSG_DONE) continue;
      const TimePoint now = Clock::now();
      Attempt* attempt = nullptr;
      long status = 0;
      const CURLcode code = message->data.result;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &attempt);
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      const bool ours = target.nonce.empty() || attempt->nonce_seen;
      if (code == CURLE_OK && status == target.status && ours) {
        Seconds gap(attempt->begun - attempt->previous);
        // The first to complete wins, so an attempt that was begun right after the app's word bounds the
        // delay also where an older one, which was waiting at the door, came in first.
        if (pushed) gap = std::min(gap, *pushed);
        outcome.kind = ProbeOutcome::Kind::kReady;
        outcome.ready = now;
        outcome.resolution = std::max(kFloor, gap);
        return true;
      }
      if (status == target.status && code == CURLE_OK) {
        outcome.last_answer = fmt::format("HTTP {} without this trial's nonce", status);
      } else if (status != 0) {
        outcome.last_answer = fmt::format("HTTP {}", status);
      } else if (outcome.last_answer.rfind("HTTP", 0) != 0) {
        outcome.last_answer = curl_easy_strerror(code);
      }
      drop(attempt);
    }
    return false;
  }
};

HedgedProbe::HedgedProbe(ProbeTarget target) : impl_(std::make_unique<Impl>()) {
  global_init();
  impl_->target = std::move(target);
  impl_->url = fmt::format("http://{}:{}{}", impl_->target.host, impl_->target.port, impl_->target.path);
  impl_->multi = curl_multi_init();
  if (impl_->multi == nullptr) throw Error(ErrorCode::kEngine, "libcurl gave no multi handle: out of memory");
}

HedgedProbe::~HedgedProbe() {
  while (!impl_->running.empty()) impl_->drop(impl_->running.begin());
  for (CURL* easy : impl_->spare) curl_easy_cleanup(easy);
  curl_multi_cleanup(impl_->multi);
}

void HedgedProbe::wake() {
  curl_multi_wakeup(impl_->multi);
}

ProbeOutcome HedgedProbe::run(const Deadline& deadline, const std::stop_token& stop,
                              const std::function<ProbePace()>& pace_now) {
  const std::stop_callback on_stop(stop, [this] { wake(); });
  ProbeOutcome outcome;
  const TimePoint began = Clock::now();
  const Seconds cpu_before = thread_cpu();
  TimePoint last = began;         // when the latest attempt was begun
  std::optional<Seconds> pushed;  // from the app's word that it listens to the first attempt after it
  int since_push = 0;
  const auto finish = [&](ProbeOutcome::Kind kind) {
    outcome.kind = kind;
    outcome.cpu = thread_cpu() - cpu_before;
    outcome.waited = Clock::now() - began;
    return outcome;
  };

  while (true) {
    const ProbePace pace = pace_now();
    if (stop.stop_requested()) return finish(ProbeOutcome::Kind::kInterrupted);
    const TimePoint now = Clock::now();

    // The next attempt: at once when the app has just said that it listens; otherwise after the period,
    // doubled for every attempt that is still out, since those either hang in a forwarder or are being
    // answered. An app that listens is asked less and less often: on a busy or emulated machine an answer can
    // take longer than any fixed gap, and requests that come faster than they are answered would keep even
    // the first from ever being complete.
    Seconds period = pace.period;
    if (pace.listening) {
      period = std::min(period * std::pow(2.0, 1 + std::min(since_push, 20)), kSlowestListening);
    } else {
      period *= std::pow(2.0, std::min<std::size_t>(impl_->running.size(), 10));
      period = std::min(period, std::max(kSlowest, pace.period));
    }
    const bool push = pace.listening && !pushed;
    // None gives way: the oldest is the nearest to its answer. What hangs ends by its time-out.
    const bool room = impl_->running.size() < kMostAttempts;
    if (push || (room && (outcome.attempts == 0 || Seconds(now - last) >= period))) {
      impl_->begin(now, last);
      last = now;
      ++outcome.attempts;
      if (pace.listening) {
        if (pushed) {
          ++since_push;
        } else {
          pushed = Seconds(now - pace.listening_since);
        }
      }
    }

    int still_running = 0;
    curl_multi_perform(impl_->multi, &still_running);
    if (impl_->harvest(pushed, outcome)) return finish(ProbeOutcome::Kind::kReady);
    // Only after the harvest: an answer that came before the end counts.
    if (pace.give_up) return finish(ProbeOutcome::Kind::kGaveUp);
    if (deadline.expired()) return finish(ProbeOutcome::Kind::kTimeout);

    const Seconds until_next = room ? period - Seconds(Clock::now() - last) : kSlowest;
    const double wait_ms = std::ceil(1e3 * std::min(until_next, deadline.remaining()).count());
    curl_multi_poll(impl_->multi, nullptr, 0, std::clamp(static_cast<int>(wait_ms), 1, 1000), nullptr);
  }
}

std::string http_get(const std::string& host, std::uint16_t port, const std::string& path, Seconds timeout) {
  global_init();
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
  if (!easy) throw Error(ErrorCode::kEngine, "libcurl gave no handle: out of memory");
  const std::string url = fmt::format("http://{}:{}{}", host, port, path);
  std::string body;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count() * 1e3));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(easy.get());
  if (code == CURLE_OPERATION_TIMEDOUT) {
    throw Error(ErrorCode::kTimeout,
                fmt::format("GET {} gave no answer within {:.0f} s", path, timeout.count()));
  }
  if (code != CURLE_OK)
    throw Error(ErrorCode::kEngine, fmt::format("GET {}: {}", path, curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) throw Error(ErrorCode::kEngine, fmt::format("GET {} answered HTTP {}", path, status));
  return body;
}

}  // namespace bench
