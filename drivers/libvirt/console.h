#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "bench/base/clock.h"
#include "drivers/driver.h"

struct _virConnect;  // NOLINT(bugprone-reserved-identifier): a name of libvirt
struct _virDomain;   // NOLINT(bugprone-reserved-identifier): a name of libvirt
struct _virStream;   // NOLINT(bugprone-reserved-identifier): a name of libvirt

namespace bench {

/// A guest's serial console as a libvirt stream: bytes go to the sink from the event loop's thread, as they
/// come. Held by shared_ptr, since libvirt's callback keeps it alive.
class ConsoleStream : public std::enable_shared_from_this<ConsoleStream> {
 public:
  explicit ConsoleStream(std::shared_ptr<ConsoleSink> sink) : sink_(std::move(sink)) {}
  ~ConsoleStream();
  ConsoleStream(const ConsoleStream&) = delete;
  ConsoleStream& operator=(const ConsoleStream&) = delete;

  void open(_virConnect* connection, _virDomain* domain);
  /// Waits until the stream has ended by itself, or ends it after `limit`.
  void finish(Seconds limit);
  /// Ends it now. After it the sink is not called again.
  void close();

 private:
  static void on_event(_virStream* stream, int events, void* opaque);
  void drain(int events);
  void end();  // with mutex_ held

  std::shared_ptr<ConsoleSink> sink_;
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  _virStream* stream_ = nullptr;
  bool ended_ = false;
};

}  // namespace bench
