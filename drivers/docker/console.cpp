#include "drivers/docker/console.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "bench/base/error.h"

namespace bench {

namespace {
constexpr std::size_t kHeader = 8;
}

void FrameDemux::feed(std::string_view chunk) {
  while (!chunk.empty()) {
    if (raw_) {
      out_(chunk);
      return;
    }
    if (left_ > 0) {
      const std::string_view payload = chunk.substr(0, left_);
      out_(payload);
      left_ -= payload.size();
      chunk.remove_prefix(payload.size());
      continue;
    }
    const std::string_view part = chunk.substr(0, kHeader - header_.size());
    header_ += part;
    chunk.remove_prefix(part.size());
    // Stream 0–2 and three zero bytes, then the length, big-endian.
    const bool plausible =
        static_cast<unsigned char>(header_[0]) <= 2 &&
        std::all_of(header_.begin() + 1,
                    header_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(header_.size(), 4)),
                    [](char c) { return c == '\0'; });
    if (!plausible) {
      raw_ = true;
      out_(std::exchange(header_, {}));
      continue;
    }
    if (header_.size() < kHeader) continue;
    for (std::size_t i = 4; i < kHeader; ++i) left_ = left_ << 8 | static_cast<unsigned char>(header_[i]);
    header_.clear();
  }
}

DockerConsole::DockerConsole(std::shared_ptr<const DockerEngine> engine, std::string id,
                             std::shared_ptr<ConsoleSink> sink)
    : engine_(std::move(engine)), id_(std::move(id)), sink_(std::move(sink)) {
  std::promise<void> opened;
  std::future<void> open = opened.get_future();
  reader_ = std::jthread([this, &opened](std::stop_token stop) { read(stop, opened); });
  try {
    open.get();
  } catch (...) {
    reader_.join();
    throw;
  }
}

DockerConsole::~DockerConsole() {
  if (!reader_.joinable()) return;
  end_.wait_for(std::chrono::milliseconds(500));
  reader_.request_stop();
  reader_.join();
}

/// `opened` lives until it is set; the thread must not touch it afterwards.
void DockerConsole::read(std::stop_token stop, std::promise<void>& opened) {
  bool is_open = false;
  bool got_any = false;
  FrameDemux demux([&](std::string_view text) {
    got_any = true;
    sink_->bytes(text);
  });
  HttpRequest attach{.method = "POST",
                     .path = "/containers/" + id_ + "/attach?stream=1&stdout=1&stderr=1",
                     .timeout = Seconds(0)};
  attach.on_headers = [&](int status) {
    if (status < 200 || status >= 300) return;
    is_open = true;
    opened.set_value();
  };
  attach.on_body = [&](std::string_view chunk) { demux.feed(chunk); };
  try {
    engine_->checked(attach, stop);
    if (!is_open) throw Error(ErrorCode::kEngine, "the daemon closed the console of " + id_ + " unopened");
  } catch (...) {
    if (!is_open) {
      opened.set_exception(std::current_exception());
      return;
    }
    // An open stream that breaks off has ended; whoever waits for the instance asks for its state.
  }
  if (!got_any && !stop.stop_requested()) {
    // A container that dies at once may be gone before the daemon has joined the stream to it.
    try {
      FrameDemux log([&](std::string_view text) { sink_->bytes(text); });
      HttpRequest logs{.path = "/containers/" + id_ + "/logs?stdout=1&stderr=1", .timeout = Seconds(5)};
      logs.on_body = [&](std::string_view chunk) { log.feed(chunk); };
      (void)engine_->call(logs, stop);
    } catch (const std::exception&) {
      // Removed meanwhile, or kept without a log.
    }
  }
  sink_->closed();
  ended_.set_value();
}

}  // namespace bench
