#include "bench/net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "bench/base/error.h"
#include "tests/support/fake_daemon.h"

namespace bench::test {

namespace {

using testing::HasSubstr;

/// What http_request threw.
Error failure(const std::filesystem::path& socket, const HttpRequest& request, std::stop_token stop = {}) {
  try {
    (void)http_request(socket, request, stop);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorCode::kUsage, "nothing"};
}

}  // namespace

TEST(Http, BringsStatusHeadersAndBody) {
  FakeDaemon daemon;
  daemon.answer("GET", "^/version$", {.body = fixture("docker-20.10/version.json")});
  const HttpResponse response = http_request(daemon.socket(), {.path = "/version"});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("api-version"), "1.41");
  EXPECT_EQ(response.body, fixture("docker-20.10/version.json"));
}

TEST(Http, SendsMethodPathAndBody) {
  FakeDaemon daemon;
  daemon.answer("POST", "create", {.status = 201, .body = "{}"});
  daemon.answer("DELETE", "x", {.status = 204});
  EXPECT_EQ(
      http_request(daemon.socket(), {.method = "POST", .path = "/create?name=a%20b", .body = "{\"a\":1}"})
          .status,
      201);
  EXPECT_EQ(http_request(daemon.socket(), {.method = "DELETE", .path = "/x?force=1"}).status, 204);
  const auto requests = daemon.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].path, "/create?name=a%20b");
  EXPECT_EQ(requests[0].body, "{\"a\":1}");
  EXPECT_EQ(requests[1].method, "DELETE");
  EXPECT_EQ(requests[1].body, "");
}

TEST(Http, AProxyInTheEnvironmentIsNotAsked) {
  FakeDaemon daemon;
  daemon.answer("GET", "^/_ping$", {.body = "OK"});
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  const HttpResponse response = http_request(daemon.socket(), {.path = "/_ping"});
  unsetenv("http_proxy");
  EXPECT_EQ(response.body, "OK");
}

TEST(Http, ErrorsCarryMethodPathStatusAndTheEnginesWords) {
  FakeDaemon daemon;
  daemon.answer("GET", "/nope/", {.status = 404, .body = R"({"message":"No such container: nope"})"});
  daemon.answer("POST", "/broken", {.status = 500, .body = "plain words\n"});
  daemon.answer("POST", "/taken", {.status = 409, .body = R"({"cause":"it is taken"})"});
  const auto words = [&](const HttpRequest& request) {
    const HttpResponse response = http_request(daemon.socket(), request);
    try {
      require_success(request, response);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kEngine);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(words({.path = "/v1.41/containers/nope/json"}),
            "GET /v1.41/containers/nope/json: 404 No such container: nope");
  EXPECT_EQ(words({.method = "POST", .path = "/broken"}), "POST /broken: 500 plain words");
  EXPECT_EQ(words({.method = "POST", .path = "/taken"}), "POST /taken: 409 it is taken");
}

TEST(Http, NotModifiedAndNoContentAreSuccess) {
  EXPECT_NO_THROW(require_success({}, {.status = 304, .body = "", .headers = {}}));
  EXPECT_NO_THROW(require_success({}, {.status = 204, .body = "", .headers = {}}));
  EXPECT_THROW(require_success({}, {.status = 302, .body = "", .headers = {}}), Error);
}

TEST(Http, NoSocketIsUnavailable) {
  const Error error = failure("/tmp/bench-there-is-no-such.sock", {.path = "/_ping"});
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("GET /_ping"));
  EXPECT_THAT(error.what(), HasSubstr("/tmp/bench-there-is-no-such.sock"));
  EXPECT_THAT(error.what(), HasSubstr("no such socket"));
}

TEST(Http, ASocketWhereNobodyListensIsUnavailable) {
  FakeDaemon daemon;
  daemon.die();
  const Error error = failure(daemon.socket(), {.path = "/_ping"});
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("nobody listens"));
}

TEST(Http, APathTooLongForASocketIsUnavailable) {
  EXPECT_EQ(failure("/tmp/" + std::string(200, 'x'), {.path = "/_ping"}).code(), ErrorCode::kUnavailable);
}

TEST(Http, AnAnswerThatIsCutOffIsAnError) {
  FakeDaemon daemon;
  daemon.answer("GET", "/head", {.body = "{}", .cut_off_after = 12});
  daemon.answer("GET", "/body", {.body = std::string(1000, 'x'), .cut_off_after = 500});
  daemon.answer("GET", "/nothing", {.body = "{}", .cut_off_after = 0});
  for (const char* path : {"/head", "/body", "/nothing"}) {
    const Error error = failure(daemon.socket(), {.path = path});
    EXPECT_EQ(error.code(), ErrorCode::kEngine) << path;
    EXPECT_THAT(error.what(), HasSubstr(std::string("GET ") + path));
    EXPECT_THAT(error.what(), HasSubstr("broke off"));
  }
}

TEST(Http, AHangingDaemonIsATimeOut) {
  FakeDaemon daemon;
  daemon.answer("GET", "/hang", {.hang = true});
  const TimePoint begin = Clock::now();
  const Error error = failure(daemon.socket(), {.path = "/hang", .timeout = Seconds(0.2)});
  EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  EXPECT_THAT(error.what(), HasSubstr("within 0.2 s"));
  const double took = Seconds(Clock::now() - begin).count();
  EXPECT_GE(took, 0.19);
  EXPECT_LT(took, 20) << "not after the daemon";
}

TEST(Http, StopWakesAtOnce) {
  FakeDaemon daemon;
  daemon.answer("GET", "/hang", {.hang = true});
  std::stop_source source;
  TimePoint stopped;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stopped = Clock::now();
    source.request_stop();
  });
  const Error error = failure(daemon.socket(), {.path = "/hang", .timeout = Seconds(30)}, source.get_token());
  EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  stopper.join();
  EXPECT_LT(Seconds(Clock::now() - stopped).count(), 15) << "not after the time-out";
}

TEST(Http, AStoppedRequestMayEndWithinItsGrace) {
  FakeDaemon daemon;
  daemon.on("POST", "/slow", [](const DaemonRequest&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return DaemonReply{.status = 201, .body = "made"};
  });
  std::stop_source source;
  source.request_stop();
  const HttpRequest request{.method = "POST", .path = "/slow", .stop_grace = Seconds(10)};
  EXPECT_EQ(http_request(daemon.socket(), request, source.get_token()).body, "made");
  daemon.answer("POST", "/slow", {.hang = true});
  const HttpRequest hanging{.method = "POST", .path = "/slow", .stop_grace = Seconds(0.1)};
  EXPECT_EQ(failure(daemon.socket(), hanging, source.get_token()).code(), ErrorCode::kInterrupted);
}

TEST(Http, StreamsABodyAsItArrives) {
  FakeDaemon daemon;
  daemon.answer("GET", "/stream", {.chunks = {"one", "two", "three"}});
  std::string body;
  int pieces = 0, status_seen = 0;
  HttpRequest request{.path = "/stream"};
  request.on_headers = [&](int status) {
    EXPECT_TRUE(body.empty());
    status_seen = status;
  };
  request.on_body = [&](std::string_view chunk) {
    body += chunk;
    ++pieces;
  };
  const HttpResponse response = http_request(daemon.socket(), request);
  EXPECT_EQ(body, "onetwothree");
  EXPECT_EQ(status_seen, 200);
  EXPECT_GE(pieces, 1);
  EXPECT_EQ(response.body, "");
}

TEST(Http, AnErrorsBodyIsNotStreamed) {
  FakeDaemon daemon;
  daemon.answer("GET", "/stream", {.status = 500, .body = R"({"message":"no"})"});
  HttpRequest request{.path = "/stream"};
  request.on_body = [](std::string_view) { ADD_FAILURE() << "an error is no output"; };
  const HttpResponse response = http_request(daemon.socket(), request);
  EXPECT_EQ(engine_message(response), "no");
}

TEST(Http, AnExceptionInACallbackComesOut) {
  FakeDaemon daemon;
  daemon.answer("GET", "/stream", {.body = "x"});
  HttpRequest request{.path = "/stream"};
  request.on_body = [](std::string_view) { throw Error(ErrorCode::kIo, "disk full"); };
  const Error error = failure(daemon.socket(), request);
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_STREQ(error.what(), "disk full");
}

TEST(Http, UploadsAFile) {
  FakeDaemon daemon;
  daemon.answer("POST", "/images/load", {.body = "{}"});
  const std::filesystem::path file = daemon.socket().parent_path() / "archive.tar";
  std::string content(3'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 2654435761U >> 24);
  std::ofstream(file, std::ios::binary) << content;
  (void)http_request(daemon.socket(), {.method = "POST", .path = "/images/load", .body_file = file});
  ASSERT_EQ(daemon.requests().size(), 1U);
  EXPECT_TRUE(daemon.requests()[0].body == content);
}

TEST(Http, AFileThatCannotBeReadIsAnIoError) {
  FakeDaemon daemon;
  const Error error = failure(
      daemon.socket(), {.method = "POST", .path = "/images/load", .body_file = "/nonexistent/archive"});
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.what(), HasSubstr("/nonexistent/archive"));
}

TEST(Http, EncodesQueryValues) {
  EXPECT_EQ(url_encode(R"({"label":["bench=1"]})"), "%7B%22label%22%3A%5B%22bench%3D1%22%5D%7D");
  EXPECT_EQ(url_encode("bench-a_1.2~"), "bench-a_1.2~");
  EXPECT_EQ(url_encode("ü&"), "%C3%BC%26");
}

}  // namespace bench::test
