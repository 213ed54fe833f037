#include "tests/support/fake_driver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <nlohmann/json.hpp>
#include <thread>

namespace bench::test {

namespace {

double monotonic_now() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

/// Waits for `delay`, less when the token fires (throws then).
void pause_for(Seconds delay, const std::stop_token& stop) {
  const Deadline end(delay);
  while (true) {
    if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
    if (end.expired()) return;
    std::this_thread::sleep_for(std::min(end.remaining(), Seconds(0.005)));
  }
}

struct Connection {
  int fd;
  std::string received;
  bool answered = false;
};

}  // namespace

/// One instance: a thread that plays the app's life against the clock and serves its port.
struct FakeDriver::FakeInstance {
  InstanceSpec spec;
  FakeBehaviour behaviour;
  int port_fd = -1;
  int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::uint16_t port = 0;
  double runtime_at = 0, app_at = 0;

  std::mutex mutex;
  std::shared_ptr<ConsoleSink> sink;
  bool started = false, running = false;
  std::optional<int> exit_code;
  std::thread thread;

  ~FakeInstance() {
    end(137);
    if (port_fd >= 0) close(port_fd);
    close(wake_fd);
    if (sink) sink->closed();  // created, watched and never started
  }

  void reserve_port() {
    port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (port_fd < 0 || bind(port_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        getsockname(port_fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw Error(ErrorCode::kEngine, std::string("fake: no port: ") + std::strerror(errno));
    }
    port = ntohs(address.sin_port);
  }

  void say(const std::string& line) {
    std::shared_ptr<ConsoleSink> to;
    {
      const std::lock_guard lock(mutex);
      to = sink;
    }
    if (to) to->bytes(line + "\n");
  }

  /// Ends the thread; the exit code counts if the instance had not ended by itself.
  void end(int code) {
    {
      const std::lock_guard lock(mutex);
      if (running && !exit_code) exit_code = code;
    }
    const std::uint64_t one = 1;
    (void)!write(wake_fd, &one, sizeof one);
    if (thread.joinable()) thread.join();
  }

  void live() {
    const TimePoint born = Clock::now();
    const auto at = [born](Seconds after) {
      return born + std::chrono::duration_cast<Clock::duration>(after);
    };
    const TimePoint never = TimePoint::max();
    TimePoint runtime = at(behaviour.runtime_after), ready = at(behaviour.ready_after);
    const TimePoint death = behaviour.die_after ? at(*behaviour.die_after) : never;
    std::list<Connection> connections;
    bool listening = false;
    while (true) {
      const TimePoint now = Clock::now();
      if (now >= death) {
        say(behaviour.last_words);
        const std::lock_guard lock(mutex);
        exit_code = behaviour.exit_code;
        break;
      }
      if (now >= runtime) {
        runtime = never;
        runtime_at = monotonic_now();
        say("@bench runtime");
      }
      if (now >= ready) {
        ready = never;
        listening = listen(port_fd, 64) == 0;
        app_at = monotonic_now();
        say("@bench app");
      }
      if (!serve(connections, listening, std::min({runtime, ready, death}))) break;
    }
    for (const auto& connection : connections) close(connection.fd);
    std::shared_ptr<ConsoleSink> to;
    {
      const std::lock_guard lock(mutex);
      close(port_fd);
      port_fd = -1;
      running = false;
      to = std::move(sink);
      sink = nullptr;
    }
    if (to) to->closed();
  }

  /// Waits for the next event; false when the instance shall end.
  bool serve(std::list<Connection>& connections, bool listening, TimePoint next) {
    std::vector<pollfd> fds{{wake_fd, POLLIN, 0}};
    fds.push_back({listening ? port_fd : -1, POLLIN, 0});
    for (const auto& connection : connections) fds.push_back({connection.fd, POLLIN, 0});
    int wait = 1000;
    if (next != TimePoint::max()) {
      const Seconds left = std::max(Seconds(0), Seconds(next - Clock::now()));
      wait = static_cast<int>(std::min(left.count(), 1.0) * 1000) + 1;
    }
    if (poll(fds.data(), fds.size(), wait) <= 0) return true;
    if (fds[0].revents != 0) return false;
    std::size_t index = 2;
    for (auto it = connections.begin(); it != connections.end(); ++index) {
      if (fds[index].revents != 0 && !receive(*it)) {
        close(it->fd);
        it = connections.erase(it);
      } else {
        ++it;
      }
    }
    if (fds[1].revents != 0) {
      if (const int fd = accept4(port_fd, nullptr, nullptr, SOCK_CLOEXEC); fd >= 0) {
        connections.push_back({fd, {}, false});
      }
    }
    return true;
  }

  /// False when the connection is to be closed.
  bool receive(Connection& connection) {
    char buffer[4096];
    const ssize_t got = recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0) return false;
    connection.received.append(buffer, static_cast<std::size_t>(got));
    if (connection.received.find("\r\n\r\n") == std::string::npos) return true;
    if (behaviour.never_answer) return true;
    const std::string answer_text = answer(connection.received);
    (void)!send(connection.fd, answer_text.data(), answer_text.size(), MSG_NOSIGNAL);
    return false;
  }

  [[nodiscard]] std::string answer(const std::string& request) const {
    const std::string nonce = behaviour.wrong_nonce ? "somebody-else" : spec.nonce;
    nlohmann::json body{{"nonce", nonce}};
    if (request.starts_with("GET /bench/about ")) {
      body.update({{"app_sha256", behaviour.app_sha256},
                   {"python", "3.11.2"},
                   {"flask", "2.2.2"},
                   {"kernel", "fake"},
                   {"cpus", spec.cpus},
                   {"memory_bytes", spec.memory_bytes},
                   {"pid", getpid()},
                   {"monotonic", {{"runtime", runtime_at}, {"app", app_at}, {"now", monotonic_now()}}}});
    }
    const std::string text = body.dump();
    return fmt::format(
        "HTTP/1.1 {} Fake\r\nContent-Type: application/json\r\nBench-Nonce: {}\r\nContent-Length: {}\r\n"
        "Connection: close\r\n\r\n{}",
        behaviour.status, nonce, text.size(), text);
  }
};

FakeDriver::FakeDriver() {
  driver_info.traits = container_traits();
  driver_info.engine_name = "Fake";
  driver_info.engine_version = "1.0";
  driver_info.engine["api"] = std::string("none");
}

FakeDriver::~FakeDriver() = default;

int FakeDriver::alive() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(instances_.size());
}

std::vector<std::string> FakeDriver::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void FakeDriver::enter(const std::string& verb, const std::string& id) {
  const std::lock_guard lock(mutex_);
  calls_.push_back(id.empty() ? verb : verb + " " + id);
  if (const auto failure = behaviour.fail.find(verb); failure != behaviour.fail.end()) throw failure->second;
}

std::shared_ptr<FakeDriver::FakeInstance> FakeDriver::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = instances_.find(id);
  if (found == instances_.end()) throw Error(ErrorCode::kEngine, "fake: no such instance: " + id);
  return found->second;
}

void FakeDriver::kill(const std::string& id) {
  find(id)->end(137);
}

DriverInfo FakeDriver::info(const std::string& profile) {
  enter("info", profile);
  return driver_info;
}

Facts FakeDriver::prepare(const ImageSet& images, const std::string& profile, std::stop_token stop) {
  enter("prepare", profile);
  pause_for(Seconds(0), stop);
  return {{"digest", images.container.id}, {"reference", images.container.reference}};
}

std::vector<ImageFigure> FakeDriver::image_figures(const ImageSet& images, const std::string& profile,
                                                   std::stop_token) {
  enter("image_figures", profile);
  std::int64_t bytes = 0;
  for (const auto& layer : images.container.layers) bytes += layer.bytes;
  return {{"virtual", "engine", "the fake's own sum", bytes > 0 ? bytes : 1}};
}

std::string FakeDriver::create(const ImageSet&, const InstanceSpec& spec, std::stop_token stop) {
  enter("create", spec.name);
  pause_for(behaviour.create_delay, stop);
  auto instance = std::make_shared<FakeInstance>();
  instance->spec = spec;
  instance->behaviour = behaviour;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, other] : instances_) {
    if (other->spec.name == spec.name) {
      throw Error(ErrorCode::kEngine, "fake: the name " + spec.name + " is in use by " + id);
    }
  }
  const std::string id = fmt::format("fake-{}", ++created_);
  instances_[id] = std::move(instance);
  return id;
}

void FakeDriver::console(const std::string& id, std::shared_ptr<ConsoleSink> sink) {
  enter("console", id);
  const auto instance = find(id);
  const std::lock_guard lock(instance->mutex);
  if (instance->started) throw Error(ErrorCode::kEngine, "fake: console after start: " + id);
  instance->sink = std::move(sink);
}

void FakeDriver::start(const std::string& id, std::stop_token stop) {
  enter("start", id);
  const auto instance = find(id);
  pause_for(instance->behaviour.start_delay, stop);
  const std::lock_guard lock(instance->mutex);
  if (instance->started) throw Error(ErrorCode::kEngine, "fake: already started: " + id);
  instance->reserve_port();
  instance->started = instance->running = true;
  instance->thread = std::thread([raw = instance.get()] { raw->live(); });
}

Endpoint FakeDriver::endpoint(const std::string& id) {
  enter("endpoint", id);
  const auto instance = find(id);
  const std::lock_guard lock(instance->mutex);
  if (!instance->started) throw Error(ErrorCode::kEngine, "fake: not started: " + id);
  return {"127.0.0.1", instance->port};
}

InstanceState FakeDriver::state(const std::string& id) {
  const auto instance = find(id);
  const std::lock_guard lock(instance->mutex);
  InstanceState state;
  state.running = instance->running;
  if (instance->running) {
    state.detail = "running";
  } else if (instance->exit_code) {
    state.exit_code = instance->exit_code;
    state.detail = fmt::format("exited ({})", *instance->exit_code);
  } else {
    state.detail = "created";
  }
  return state;
}

std::vector<HostProcess> FakeDriver::processes(const std::string& id) {
  const auto instance = find(id);
  const std::lock_guard lock(instance->mutex);
  if (!instance->running) return {};
  return {{getpid(), "app"}};
}

std::vector<HostProcess> FakeDriver::engine_processes() {
  return {};
}

void FakeDriver::stop(const std::string& id, Seconds) {
  enter("stop", id);
  std::shared_ptr<FakeInstance> instance;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = instances_.find(id); found != instances_.end()) instance = found->second;
  }
  if (!instance) return;
  pause_for(instance->behaviour.stop_delay, {});
  instance->end(143);
}

void FakeDriver::remove(const std::string& id) {
  enter("remove", id);
  std::shared_ptr<FakeInstance> instance;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = instances_.find(id); found != instances_.end()) {
      instance = std::move(found->second);
      instances_.erase(found);
    }
  }
  if (instance) instance->end(137);
}

std::vector<OwnedInstance> FakeDriver::owned() {
  enter("owned", {});
  const std::lock_guard lock(mutex_);
  std::vector<OwnedInstance> result;
  for (const auto& [id, instance] : instances_)
    result.push_back({id, instance->spec.name, instance->spec.owner});
  return result;
}

}  // namespace bench::test
