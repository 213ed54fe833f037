#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bench::test {

struct DaemonRequest {
  std::string method, path, body;  ///< the path with its query
};

/// Writes raw bytes to the client; false when it is gone or the daemon is closing.
using StreamWriter = std::function<bool(std::string_view)>;

struct DaemonReply {
  int status = 200;
  std::string body{};
  std::string type = "application/json";
  /// After the head, in place of the body: sent chunk by chunk as chunked encoding.
  std::vector<std::string> chunks{};
  /// After the head, in place of the body, with neither length nor encoding: ends with the connection.
  std::function<void(const StreamWriter& write)> stream{};
  bool hang = false;  ///< takes the request and says nothing
  std::optional<std::size_t>
      cut_off_after{};  ///< bytes of the answer, head included; then the connection closes
};

/// A daemon on a unix socket that answers as it was told; the first rule that matches counts, nothing
/// matching is a 404. One connection is one request.
class FakeDaemon {
 public:
  using Handler = std::function<DaemonReply(const DaemonRequest&)>;

  FakeDaemon();
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  [[nodiscard]] const std::filesystem::path& socket() const { return socket_; }

  /// `path` is a regular expression, searched in the request's path. Later rules come before earlier ones.
  void on(const std::string& method, const std::string& path, Handler handler);
  void answer(const std::string& method, const std::string& path, DaemonReply reply);

  [[nodiscard]] std::vector<DaemonRequest> requests() const;
  /// "POST /v1.41/containers/x/start", in the order of arrival.
  [[nodiscard]] std::vector<std::string> lines() const;

  /// As when the daemon is killed: open connections break off, nobody listens, the socket file stays.
  void die();

 private:
  struct Rule {
    std::string method;
    std::regex path;
    Handler handler;
  };

  void accept_all();
  void serve(int fd);
  DaemonReply reply_to(const DaemonRequest& request);

  std::filesystem::path directory_, socket_;
  int listen_fd_ = -1;
  int wake_fd_ = -1;
  std::atomic<bool> closing_{false};
  mutable std::mutex mutex_;
  std::list<Rule> rules_;
  std::vector<DaemonRequest> requests_;
  std::list<std::thread> workers_;
  std::thread acceptor_;
};

/// The text of a file in tests/fixtures.
std::string fixture(const std::string& name);

/// One frame of an attach or log stream: 1 is stdout, 2 is stderr.
std::string docker_frame(int stream, std::string_view payload);

}  // namespace bench::test
