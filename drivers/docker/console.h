#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "drivers/docker/engine.h"
#include "drivers/driver.h"

namespace bench {

/// Takes the 8-byte frame headers out of an attach or log stream of a container without a terminal. Frames
/// and their headers may arrive in any pieces. A stream that does not begin with a header is passed on as it
/// is.
class FrameDemux {
 public:
  explicit FrameDemux(std::function<void(std::string_view)> out) : out_(std::move(out)) {}
  void feed(std::string_view chunk);

 private:
  std::function<void(std::string_view)> out_;
  std::string header_;
  std::size_t left_ = 0;  ///< of the frame's payload
  bool raw_ = false;
};

/// Hands a container's output to a sink, from a thread of its own, until the stream ends.
class DockerConsole {
 public:
  /// Returns when the daemon has opened the stream, so that nothing said after start is missed.
  DockerConsole(std::shared_ptr<const DockerEngine> engine, std::string id,
                std::shared_ptr<ConsoleSink> sink);
  /// Gives the stream a moment to end by itself, then cuts it.
  ~DockerConsole();
  DockerConsole(const DockerConsole&) = delete;
  DockerConsole& operator=(const DockerConsole&) = delete;

 private:
  void read(std::stop_token stop, std::promise<void>& opened);

  std::shared_ptr<const DockerEngine> engine_;
  std::string id_;
  std::shared_ptr<ConsoleSink> sink_;
  std::promise<void> ended_;
  std::future<void> end_ = ended_.get_future();
  std::jthread reader_;
};

}  // namespace bench
