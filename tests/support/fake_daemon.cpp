#include "tests/support/fake_daemon.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "bench/config.h"

namespace bench::test {

namespace {

/// Waits until `fd` can be read; false when `wake` was rung first.
bool readable(int fd, int wake) {
  pollfd fds[2] = {{fd, POLLIN, 0}, {wake, POLLIN, 0}};
  while (poll(fds, 2, -1) < 0 && errno == EINTR) {
  }
  return fds[1].revents == 0;
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t content_length(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

std::optional<DaemonRequest> receive(int fd, int wake) {
  std::string text;
  char buffer[65536];
  std::size_t head_end = std::string::npos;
  while (true) {
    if (head_end == std::string::npos) head_end = text.find("\r\n\r\n");
    if (head_end != std::string::npos &&
        text.size() >= head_end + 4 + content_length(text.substr(0, head_end)))
      break;
    if (!readable(fd, wake)) return std::nullopt;
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return std::nullopt;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  DaemonRequest request;
  const auto first = text.find(' '), second = text.find(' ', first + 1);
  request.method = text.substr(0, first);
  request.path = text.substr(first + 1, second - first - 1);
  request.body = text.substr(head_end + 4);
  return request;
}

}  // namespace

FakeDaemon::FakeDaemon() {
  std::string pattern = "/tmp/bench-daemon-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  directory_ = pattern;
  socket_ = directory_ / "docker.sock";
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  listen_fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_.c_str(), sizeof address.sun_path - 1);
  if (bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listen_fd_, 64) != 0) {
    throw std::runtime_error("the fake daemon cannot listen");
  }
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeDaemon::~FakeDaemon() {
  die();
  std::filesystem::remove_all(directory_);
  close(wake_fd_);
}

void FakeDaemon::die() {
  if (closing_.exchange(true)) return;
  const std::uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof one);
  acceptor_.join();
  close(listen_fd_);
  for (auto& worker : workers_) worker.join();
}

void FakeDaemon::on(const std::string& method, const std::string& path, Handler handler) {
  const std::lock_guard lock(mutex_);
  rules_.push_front({method, std::regex(path), std::move(handler)});
}

void FakeDaemon::answer(const std::string& method, const std::string& path, DaemonReply reply) {
  on(method, path, [reply = std::move(reply)](const DaemonRequest&) { return reply; });
}

std::vector<DaemonRequest> FakeDaemon::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> FakeDaemon::lines() const {
  std::vector<std::string> result;
  for (const auto& request : requests()) result.push_back(request.method + " " + request.path);
  return result;
}

void FakeDaemon::accept_all() {
  while (readable(listen_fd_, wake_fd_)) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    workers_.emplace_back([this, fd] {
      serve(fd);
      close(fd);
    });
  }
}

DaemonReply FakeDaemon::reply_to(const DaemonRequest& request) {
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    for (const auto& rule : rules_) {
      if (rule.method == request.method && std::regex_search(request.path, rule.path)) {
        handler = rule.handler;
        break;
      }
    }
  }
  if (handler) return handler(request);
  return {.status = 404, .body = R"({"message":"page not found"})"};
}

void FakeDaemon::serve(int fd) {
  const auto request = receive(fd, wake_fd_);
  if (!request) return;
  const DaemonReply reply = reply_to(*request);
  if (reply.hang) {
    (void)readable(fd, wake_fd_);  // until the client gives up
    return;
  }
  std::string head =
      fmt::format("HTTP/1.1 {} Told\r\nContent-Type: {}\r\nApi-Version: 1.41\r\n", reply.status, reply.type);
  if (reply.stream) {
    if (!send_all(fd, head + "\r\n")) return;
    reply.stream([this, fd](std::string_view bytes) { return !closing_ && send_all(fd, bytes); });
    return;
  }
  if (!reply.chunks.empty()) {
    if (!send_all(fd, head + "Transfer-Encoding: chunked\r\n\r\n")) return;
    for (const auto& chunk : reply.chunks) {
      if (!send_all(fd, fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk))) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    (void)send_all(fd, "0\r\n\r\n");
    return;
  }
  const bool no_body = reply.status == 204 || reply.status == 304;
  std::string text =
      head + (no_body ? "\r\n" : fmt::format("Content-Length: {}\r\n\r\n{}", reply.body.size(), reply.body));
  if (reply.cut_off_after) text.resize(std::min(text.size(), *reply.cut_off_after));
  (void)send_all(fd, text);
}

std::string fixture(const std::string& name) {
  std::ifstream file(std::filesystem::path(BENCH_SOURCE_DIR) / "tests/fixtures" / name, std::ios::binary);
  if (!file) throw std::runtime_error("no fixture " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string docker_frame(int stream, std::string_view payload) {
  std::string frame(8, '\0');
  frame[0] = static_cast<char>(stream);
  for (int i = 0; i < 4; ++i)
    frame[static_cast<std::size_t>(7 - i)] = static_cast<char>(payload.size() >> (8 * i) & 0xFF);
  return frame + std::string(payload);
}

}  // namespace bench::test
