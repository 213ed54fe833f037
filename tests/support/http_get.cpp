#include "tests/support/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <sstream>
#include <thread>

namespace bench::test {

std::optional<PlainAnswer> http_get(std::uint16_t port, const std::string& path, Seconds timeout) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto micros = static_cast<long>(timeout.count() * 1e6);
  const timeval limit{micros / 1'000'000, micros % 1'000'000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    (void)!send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    char buffer[4096];
    for (ssize_t got = 0; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
  }
  close(fd);
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos || !text.starts_with("HTTP/1.")) return std::nullopt;
  PlainAnswer answer;
  answer.status = std::atoi(text.substr(9, 3).c_str());
  answer.body = text.substr(head_end + 4);
  std::istringstream lines(text.substr(0, head_end));
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string value = line.substr(line.find_first_not_of(' ', colon + 1));
    if (!value.empty() && value.back() == '\r') value.pop_back();
    answer.headers[name] = value;
  }
  return answer;
}

std::optional<PlainAnswer> await_ready(std::uint16_t port, const std::string& path, const std::string& nonce,
                                       Seconds patience) {
  const Deadline deadline(patience);
  while (!deadline.expired()) {
    auto answer = http_get(port, path);
    if (answer && answer->status == 200 && answer->headers["bench-nonce"] == nonce) return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return std::nullopt;
}

}  // namespace bench::test
