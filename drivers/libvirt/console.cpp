#include "drivers/libvirt/console.h"

#include <libvirt/libvirt.h>

#include <array>

#include "drivers/libvirt/connection.h"

namespace bench {

ConsoleStream::~ConsoleStream() {
  if (stream_ != nullptr) {
    virStreamFree(stream_);
  }
}

void ConsoleStream::open(virConnectPtr connection, virDomainPtr domain) {
  const std::lock_guard lock(mutex_);
  stream_ = virStreamNew(connection, VIR_STREAM_NONBLOCK);
  if (stream_ == nullptr || virDomainOpenConsole(domain, nullptr, stream_, 0) < 0) {
    throw_libvirt("the VM's console cannot be opened");
  }
  auto* self = new std::shared_ptr<ConsoleStream>(shared_from_this());
  if (virStreamEventAddCallback(
          stream_, VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP, on_event,
          self, [](void* opaque) { delete static_cast<std::shared_ptr<ConsoleStream>*>(opaque); }) < 0) {
    delete self;
    throw_libvirt("the VM's console cannot be watched");
  }
}

void ConsoleStream::on_event(virStreamPtr, int events, void* opaque) {
  const auto self = *static_cast<std::shared_ptr<ConsoleStream>*>(opaque);  // outlives the callback's removal
  self->drain(events);
}

void ConsoleStream::drain(int events) {
  const std::lock_guard lock(mutex_);
  std::array<char, 16384> buffer;
  while (!ended_) {
    const int got = virStreamRecv(stream_, buffer.data(), buffer.size());
    if (got > 0) {
      sink_->bytes({buffer.data(), static_cast<std::size_t>(got)});
    } else if (got == -2 && (events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP)) == 0) {
      return;  // later
    } else {
      end();
    }
  }
}

void ConsoleStream::end() {
  if (ended_) {
    return;
  }
  ended_ = true;
  if (stream_ != nullptr) {
    virStreamEventRemoveCallback(stream_);
    virStreamAbort(stream_);
  }
  sink_->closed();
  ended_changed_.notify_all();
}

void ConsoleStream::finish(Seconds limit) {
  std::unique_lock lock(mutex_);
  ended_changed_.wait_for(lock, limit, [&] { return ended_; });
  end();
}

void ConsoleStream::close() {
  const std::lock_guard lock(mutex_);
  end();
}

}  // namespace bench
