#include "drivers/libvirt/connection.h"

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "drivers/finding.h"
#include "drivers/libvirt/accel.h"
#include "drivers/libvirt/daemon/daemon.h"
#include "drivers/libvirt/daemon/daemon_memory.h"
#include "drivers/libvirt/daemon/embed.h"
#include "drivers/libvirt/daemon/reaper.h"
#include "drivers/libvirt/domain/domain_xml.h"
#include "drivers/libvirt/trial.h"

namespace bench {
namespace fs = std::filesystem;

void throw_libvirt(const std::string& what, const std::string& remedy) {
  const auto* error = virGetLastError();
  const int code = error != nullptr ? error->code : VIR_ERR_INTERNAL_ERROR;
  const bool nobody = code == VIR_ERR_NO_CONNECT || code == VIR_ERR_AUTH_FAILED ||
                      code == VIR_ERR_AUTH_UNAVAILABLE || code == VIR_ERR_INVALID_CONN;
  throw Error(nobody ? ErrorCode::kUnavailable : ErrorCode::kEngine,
              fmt::format("{}: {}", what, virGetLastErrorMessage()), remedy);
}

void start_libvirt() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (std::getenv("LIBVIRT_LOG_OUTPUTS") == nullptr) {
      ::setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", 0);  // its log would go to our stderr
    }
    virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});  // and so would its errors
    if (virEventRegisterDefaultImpl() < 0 || virInitialize() < 0) throw_libvirt("libvirt does not start");
  });
}

unsigned long libvirt_version_number() {
  start_libvirt();
  unsigned long version = 0;
  return virGetVersion(&version, nullptr, nullptr) == 0 ? version : 0;
}

/// libvirt's event loop, run by one thread while any connection is open.
class EventLoop {
 public:
  static std::shared_ptr<EventLoop> acquire() {
    static std::mutex mutex;
    static std::weak_ptr<EventLoop> running;
    const std::lock_guard lock(mutex);
    auto loop = running.lock();
    if (!loop) {
      loop = std::shared_ptr<EventLoop>(new EventLoop);
      running = loop;
    }
    return loop;
  }

  ~EventLoop() {
    stop_ = true;
    virEventUpdateTimeout(timer_, 0);  // wakes the loop out of its poll
    thread_.join();
    virEventRemoveTimeout(timer_);
  }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

 private:
  EventLoop() {
    start_libvirt();
    timer_ = virEventAddTimeout(
        -1, [](int, void*) {}, nullptr, nullptr);
    thread_ = std::thread([this] {
      while (!stop_) {
        if (virEventRunDefaultImpl() < 0) {
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
      }
    });
  }

  std::atomic<bool> stop_ = false;
  int timer_ = -1;
  std::thread thread_;
};

/// Filled by the event loop's thread.
struct DomainEvents {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::string> stopped;
};

namespace {

constexpr Seconds kAnswerLimit{5.0};

std::string stopped_because(int event, int detail) {
  if (event != VIR_DOMAIN_EVENT_STOPPED) {
    return {};
  }
  switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
      return "shut down";
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
      return "destroyed";
    case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
      return "crashed";
    case VIR_DOMAIN_EVENT_STOPPED_FAILED:
      return "failed";
    default:
      return "stopped";
  }
}

int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
  auto& events = **static_cast<std::shared_ptr<DomainEvents>*>(opaque);
  const char* name = virDomainGetName(domain);
  const std::string why = stopped_because(event, detail);
  if (name != nullptr && std::strncmp(name, "bench-", 6) == 0 && !why.empty()) {
    const std::lock_guard lock(events.mutex);
    events.stopped[name] = why;
    events.changed.notify_all();
  }
  return 0;
}

/// virConnectOpen, given up after a while: a daemon that hangs would hang us.
virConnectPtr open_in_time(const std::string& uri) {
  auto promise = std::make_shared<std::promise<virConnectPtr>>();
  auto opened = promise->get_future();
  auto message = std::make_shared<std::string>();
  std::thread thread([promise, message, uri] {
    virConnectPtr connection = virConnectOpen(uri.c_str());
    if (connection == nullptr) {
      *message = virGetLastErrorMessage();
    }
    promise->set_value(connection);
  });
  if (opened.wait_for(kAnswerLimit) != std::future_status::ready) {
    thread.detach();
    throw Error(
        ErrorCode::kUnavailable,
        fmt::format("the libvirt daemon at {} does not answer within {:.0f} s", uri, kAnswerLimit.count()),
        "restart the daemon, or choose another with --connect");
  }
  thread.join();
  virConnectPtr connection = opened.get();
  if (connection == nullptr) {
    throw Error(ErrorCode::kUnavailable, fmt::format("cannot open {}: {}", uri, *message),
                "check that the daemon runs and that you may use it (group libvirt), or leave --connect and "
                "LIBVIRT_DEFAULT_URI away");
  }
  return connection;
}

/// How long the daemon takes to start an empty guest without running it; remembered until the machine
/// changes.
Seconds trial_start(virConnectPtr connection, const std::string& uri) {
  unsigned long version = 0;
  virConnectGetLibVersion(connection, &version);
  std::string key = fmt::format("{} libvirt {}, images in {}", uri, version, cache_dir().string());
  for (const auto& [name, value] : machine_key()) key += fmt::format(", {} {}", name, value);
  if (const auto known = remembered_start(key)) return *known;
  const bool busy = host_is_busy();
  const TrialGuest guest(is_system_daemon(uri));
  const auto begin = Clock::now();
  const auto domain = virDomainCreateXML(connection, domain_xml(guest.spec()).c_str(),
                                         VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY);
  if (domain == nullptr) {
    throw_libvirt(fmt::format("{} answers, but starts no guest", uri));
  }
  const Seconds took = Clock::now() - begin;
  virDomainDestroy(domain);
  virDomainFree(domain);
  remember_start(key, took, busy);
  return took;
}

/// That of this process, for as long as a connection uses it.
std::shared_ptr<EmbedRoot> embed_root() {
  static std::mutex mutex;
  static std::weak_ptr<EmbedRoot> known;
  const std::lock_guard lock(mutex);
  auto root = known.lock();
  if (!root) {
    root = std::make_shared<EmbedRoot>();
    known = root;
  }
  return root;
}

}  // namespace

void LibvirtConnection::connect(const std::string& uri) {
  uri_ = uri;
  if (embedded()) {
    // The driver sets itself up in the process with the first connection, and must not do so twice at once.
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    const QemuAdoption adoption;  // libvirt asks QEMU about itself
    connection_ = virConnectOpen(uri.c_str());
    if (connection_ == nullptr) {
      throw Error(ErrorCode::kUnavailable,
                  fmt::format("libvirt's embedded QEMU driver does not start: {}", virGetLastErrorMessage()),
                  "install libvirt's QEMU driver and QEMU (Debian, Ubuntu: libvirt-daemon "
                  "libvirt-daemon-driver-qemu qemu-system-x86), or start a libvirt daemon");
    }
    // What libvirt finds out is kept: here, and in its cache directory. No answer is an error later on.
    std::free(virConnectGetDomainCapabilities(connection_, nullptr, "x86_64", "q35", "qemu", 0));
    std::free(virConnectGetCapabilities(connection_));
  } else {
    connection_ = open_in_time(uri);
  }
  const char* type = virConnectGetType(connection_);
  mock_ = type != nullptr && std::string(type) == "TEST";
  events_ = std::make_shared<DomainEvents>();
  auto* opaque = new std::shared_ptr<DomainEvents>(events_);
  events_id_ = virConnectDomainEventRegisterAny(
      connection_, nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), opaque,
      [](void* data) { delete static_cast<std::shared_ptr<DomainEvents>*>(data); });
  if (events_id_ < 0) {
    delete opaque;
  }
}

std::shared_ptr<LibvirtConnection> LibvirtConnection::open(const DriverOptions& options) {
  std::string asked = options.connect;
  if (const char* uri = std::getenv("LIBVIRT_DEFAULT_URI"); asked.empty() && uri != nullptr) {
    asked = uri;
  }
  const auto fresh = [] {
    auto connection = std::shared_ptr<LibvirtConnection>(new LibvirtConnection);
    connection->loop_ = EventLoop::acquire();
    return connection;
  };
  if (!asked.empty()) {
    const auto host = asked.find("://");
    if (host != std::string::npos && asked.compare(host + 3, 1, "/") != 0) {
      throw Error(ErrorCode::kUsage, fmt::format("{} is on another machine", asked),
                  "run bench there: the app is looked for on this machine's loopback");
    }
    auto connection = fresh();
    connection->connect(asked);
    if (connection->system_daemon()) {
      if (auto hidden = hidden_from_system_daemon(cache_dir())) connection->warnings_.push_back(*hidden);
    }
    return connection;
  }
  std::shared_ptr<LibvirtConnection> connection;
  const auto start = [&](const std::string& uri) {
    connection = fresh();
    connection->connect(uri);
    return trial_start(connection->get(), uri);
  };
  DaemonChoice choice =
      choose_daemon(daemons_that_listen(), start, [] { return hidden_from_system_daemon(cache_dir()); });
  if (choice.uri) {
    connection->warnings_ = std::move(choice.not_taken);
    return connection;
  }
  if (!options.start_private) {
    std::string why;
    for (const Warning& left : choice.not_taken) why += (why.empty() ? ": " : "; ") + left.text;
    throw Error(ErrorCode::kUnavailable, "no libvirt daemon answers and works" + why,
                "start libvirtd or virtqemud, or allow engines of bench's own");
  }
  connection = fresh();
  connection->warnings_ = std::move(choice.not_taken);
  connection->root_ = embed_root();
  connection->connect(connection->root_->uri());
  return connection;
}

std::shared_ptr<LibvirtConnection> LibvirtConnection::reopen(const std::string& uri) {
  if (!daemon_of(uri)) {
    throw Error(ErrorCode::kEngine, fmt::format("the libvirt daemon at {} went away", uri),
                "start it again, or leave it off: bench then uses libvirt's embedded driver");
  }
  DriverOptions options;
  options.connect = uri;
  return open(options);
}

LibvirtConnection::~LibvirtConnection() {
  if (connection_ != nullptr) {
    if (events_id_ >= 0) {
      virConnectDomainEventDeregisterAny(connection_, events_id_);
    }
    virConnectClose(connection_);
  }
}

bool LibvirtConnection::alive() const {
  return virConnectIsAlive(connection_) == 1;
}

bool LibvirtConnection::system_daemon() const {
  return !embedded() && !mock_ && is_system_daemon(uri_);
}

fs::path LibvirtConnection::log_file(const std::string& name) const {
  const std::string file = name + ".log";
  if (embedded()) {
    return root_->dir() / "log" / "qemu" / file;
  }
  if (system_daemon()) {
    return fs::path("/var/log/libvirt/qemu") / file;
  }
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path base =
      cache != nullptr ? fs::path(cache) : fs::path(home != nullptr ? home : "/") / ".cache";
  return base / "libvirt" / "qemu" / "log" / file;
}

fs::path LibvirtConnection::pid_file(const std::string& name) const {
  const std::string file = name + ".pid";
  if (embedded()) {
    return root_->dir() / "run" / "qemu" / file;
  }
  return system_daemon() ? fs::path("/run/libvirt/qemu") / file
                         : runtime_dir() / "libvirt" / "qemu" / "run" / file;
}

std::optional<pid_t> LibvirtConnection::daemon_pid() const {
  return embedded() || mock_ ? std::nullopt : daemon_of(uri_);
}

std::optional<std::string> LibvirtConnection::stop_reason(const std::string& name) const {
  // A domain vanishes a moment before the event that says why is delivered.
  constexpr std::chrono::milliseconds kEventDelay{50};
  std::unique_lock lock(events_->mutex);
  auto& stopped = events_->stopped;
  events_->changed.wait_for(lock, kEventDelay, [&] { return stopped.contains(name); });
  const auto found = stopped.find(name);
  return found == stopped.end() ? std::nullopt : std::optional(found->second);
}

std::vector<OwnedInstance> LibvirtConnection::labelled() const {
  std::vector<OwnedInstance> found;
  virDomainPtr* domains = nullptr;
  const int count = virConnectListAllDomains(connection_, &domains, 0);
  for (int i = 0; i < count; ++i) {
    char* text = virDomainGetMetadata(domains[i], VIR_DOMAIN_METADATA_ELEMENT, kOwnerNamespace, 0);
    if (const auto owner = text != nullptr ? owner_from_xml(text) : std::nullopt) found.push_back(*owner);
    std::free(text);
    virDomainFree(domains[i]);
  }
  std::free(domains);
  return found;
}

}  // namespace bench
