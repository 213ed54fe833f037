#include "bench/net/http.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/base/error.h"

namespace bench {

namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

constexpr std::size_t kErrorBodyKept = 64 * 1024;

/// What curl's callbacks work on; an exception in a callback of ours may not pass through curl.
struct Exchange {
  const HttpRequest& request;
  HttpResponse response;
  std::exception_ptr failed;

  [[nodiscard]] bool streams() const {
    return request.on_body && response.status >= 200 && response.status < 300;
  }
};

template <typename Work>
std::size_t guarded(Exchange& exchange, std::size_t size, Work work) {
  try {
    work();
    return size;
  } catch (...) {
    exchange.failed = std::current_exception();
    return 0;
  }
}

void take_header(Exchange& exchange, std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    // A new head: what came before was an interim answer (100 Continue).
    exchange.response.headers.clear();
    exchange.response.status = 0;
    if (const auto space = line.find(' '); space != std::string_view::npos) {
      const std::string_view code = line.substr(space + 1, 3);
      std::from_chars(code.data(), code.data() + code.size(), exchange.response.status);
    }
    return;
  }
  if (line.empty()) {
    if (exchange.response.status >= 200 && exchange.request.on_headers) {
      exchange.request.on_headers(exchange.response.status);
    }
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto value = line.find_first_not_of(" \t", colon + 1);
  exchange.response.headers[name] =
      value == std::string_view::npos ? std::string() : std::string(line.substr(value));
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return guarded(exchange, size * count, [&] { take_header(exchange, {data, size * count}); });
}

std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return guarded(exchange, size * count, [&] {
    const std::string_view chunk(data, size * count);
    if (exchange.streams()) {
      exchange.request.on_body(chunk);
    } else if (!exchange.request.on_body || exchange.response.body.size() < kErrorBodyKept) {
      exchange.response.body += chunk;
    }
  });
}

std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self) {
  return std::fread(data, size, count, static_cast<std::FILE*>(self));
}

void initialise_curl_once() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) {
    throw Error(ErrorCode::kUnavailable,
                std::string("libcurl does not start: ") + curl_easy_strerror(result));
  }
}

std::string shown(const HttpRequest& request) {
  return request.method + " " + request.path;
}

[[noreturn]] void fail(const std::filesystem::path& socket, const HttpRequest& request, CURL* easy,
                       CURLcode result, const char* detail) {
  if (result == CURLE_COULDNT_CONNECT) {
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    std::error_code ignored;
    std::string why = detail;
    if (!std::filesystem::exists(socket, ignored)) {
      why = "there is no such socket";
    } else if (os_error == EACCES) {
      why = "permission denied";
    } else if (os_error == ECONNREFUSED) {
      why = "nobody listens there";
    } else if (os_error != 0) {
      why = std::strerror(static_cast<int>(os_error));
    }
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{}: cannot connect to {}: {}", shown(request), socket.string(), why));
  }
  const char* why = *detail != '\0' ? detail : curl_easy_strerror(result);
  throw Error(ErrorCode::kEngine,
              fmt::format("{}: the exchange with {} broke off: {}", shown(request), socket.string(), why));
}

void set_body(CURL* easy, const HttpRequest& request, File& upload, HeaderList& headers) {
  const auto add_header = [&headers](const char* line) {
    headers.reset(curl_slist_append(headers.release(), line));
  };
  for (const auto& line : request.headers) add_header(line.c_str());
  add_header("Expect:");  // the daemon is next door: asking first costs a round trip
  if (!request.body_file.empty()) {
    std::error_code why;
    const auto size = std::filesystem::file_size(request.body_file, why);
    if (!why) {
      upload.reset(std::fopen(request.body_file.c_str(), "rbe"));
      if (!upload) why.assign(errno, std::generic_category());
    }
    if (why) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot read {}: {}", request.body_file.string(), why.message()));
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, upload.get());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024L);
  } else if (!request.body.empty() || request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
}

/// An easy handle must leave its multi handle before either is cleaned up.
struct Attached {
  CURLM* multi;
  CURL* easy;
  Attached(CURLM* m, CURL* e) : multi(m), easy(e) { curl_multi_add_handle(multi, easy); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  ~Attached() { curl_multi_remove_handle(multi, easy); }
};

/// Runs the exchange to its end; returns curl's verdict, throws when the time is up or `stop` fired.
CURLcode drive(CURLM* multi, const std::filesystem::path& socket, const HttpRequest& request,
               std::stop_token stop) {
  std::optional<Deadline> deadline;
  if (request.timeout > Seconds(0)) deadline.emplace(request.timeout);
  std::optional<Deadline> grace;
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  while (true) {
    int running = 0;
    if (const CURLMcode code = curl_multi_perform(multi, &running); code != CURLM_OK) {
      throw Error(ErrorCode::kEngine, shown(request) + ": libcurl: " + curl_multi_strerror(code));
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    if (stop.stop_requested() && !grace) grace.emplace(request.stop_grace);
    if (grace && grace->expired()) {
      throw Error(ErrorCode::kInterrupted, "interrupted during " + shown(request));
    }
    if (deadline && deadline->expired()) {
      throw Error(ErrorCode::kTimeout, fmt::format("{}: no complete answer from {} within {:g} s",
                                                   shown(request), socket.string(), request.timeout.count()));
    }
    Seconds wait(1.0);
    if (deadline) wait = std::min(wait, deadline->remaining());
    if (grace) wait = std::min(wait, grace->remaining());
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(wait.count() * 1000) + 1, nullptr);
  }
}

}  // namespace

HttpResponse http_request(const std::filesystem::path& socket, const HttpRequest& request,
                          std::stop_token stop) {
  initialise_curl_once();
  if (stop.stop_requested() && request.stop_grace <= Seconds(0)) {
    throw Error(ErrorCode::kInterrupted, "interrupted before " + shown(request));
  }
  constexpr std::size_t kLongestSocketPath = sizeof(sockaddr_un::sun_path) - 1;
  if (socket.native().size() > kLongestSocketPath) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{}: the path of the socket {} is longer than {} bytes", shown(request),
                            socket.string(), kLongestSocketPath),
                "use a shorter path (BENCH_STATE_DIR, DOCKER_HOST)");
  }
  const Easy easy(curl_easy_init(), curl_easy_cleanup);
  const Multi multi(curl_multi_init(), curl_multi_cleanup);
  if (!easy || !multi) throw Error(ErrorCode::kUnavailable, "libcurl gives no handle");

  Exchange exchange{request, {}, nullptr};
  File upload(nullptr, std::fclose);
  HeaderList headers(nullptr, curl_slist_free_all);
  char detail[CURL_ERROR_SIZE] = "";
  CURL* handle = easy.get();
  const std::string url = "http://localhost" + request.path;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // http_proxy in the environment is not meant for this
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  set_body(handle, request, upload, headers);

  const Attached attached(multi.get(), handle);
  const CURLcode result = drive(multi.get(), socket, request, stop);
  if (exchange.failed) std::rethrow_exception(exchange.failed);
  if (result != CURLE_OK) fail(socket, request, handle, result, detail);
  return std::move(exchange.response);
}

std::string engine_message(const HttpResponse& response) {
  const auto parsed = nlohmann::json::parse(response.body, nullptr, false);
  if (parsed.is_object()) {
    for (const char* key : {"message", "cause", "error"}) {
      if (const auto found = parsed.find(key); found != parsed.end() && found->is_string()) {
        return found->get<std::string>();
      }
    }
  }
  constexpr std::size_t kMost = 300;
  std::string text = response.body.substr(0, kMost);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.empty() ? "(no message)" : text;
}

void require_success(const HttpRequest& request, const HttpResponse& response) {
  if ((response.status >= 200 && response.status < 300) || response.status == 304) return;
  throw Error(ErrorCode::kEngine,
              fmt::format("{}: {} {}", shown(request), response.status, engine_message(response)));
}

std::string url_encode(std::string_view text) {
  // libcurl before 7.82 wants a handle for it.
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), curl_easy_cleanup);
  if (text.empty() || !handle) return {};
  const std::unique_ptr<char, decltype(&curl_free)> encoded(
      curl_easy_escape(handle.get(), text.data(), static_cast<int>(text.size())), curl_free);
  return encoded ? encoded.get() : std::string();
}

}  // namespace bench
