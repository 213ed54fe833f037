#include "tests/support/fake_docker.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace bench::test {

using nlohmann::json;

/// A container's output on its way from the fake instance to the attached client.
class FakeDocker::Output : public ConsoleSink {
 public:
  void bytes(std::string_view chunk) override {
    const std::lock_guard lock(mutex_);
    waiting_.emplace_back(chunk);
    changed_.notify_all();
  }
  void closed() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  /// Writes frames until the end. The frames come in unhandy pieces.
  void drain(const StreamWriter& write) {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait_for(lock, std::chrono::milliseconds(10), [this] { return closed_ || !waiting_.empty(); });
      while (!waiting_.empty()) {
        const std::string frame = docker_frame(1, waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        const bool sent = write(frame.substr(0, 3)) && write(frame.substr(3, 9)) &&
                          write(frame.size() > 12 ? frame.substr(12) : std::string());
        lock.lock();
        if (!sent) return;
      }
      if (closed_ || !write({})) return;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  bool closed_ = false;
};

namespace {

DaemonReply failure(int status, const std::string& message) {
  return {.status = status, .body = json{{"message", message}}.dump()};
}

std::string query_value(const std::string& path, const std::string& key) {
  const auto at = path.find(key + "=");
  if (at == std::string::npos) return {};
  const auto begin = at + key.size() + 1;
  return path.substr(begin, path.find('&', begin) - begin);
}

std::string id_in(const std::string& path) {
  const std::string marker = "/containers/";
  const auto begin = path.find(marker) + marker.size();
  return path.substr(begin, path.find_first_of("/?", begin) - begin);
}

}  // namespace

FakeDocker::FakeDocker() {
  daemon.answer("GET", "^/version$", {.body = fixture("docker-20.10/version.json")});
  daemon.answer("GET", "/info$", {.body = fixture("docker-20.10/info.json")});
  daemon.on("GET", "/images/.*/json$", [this](const DaemonRequest& request) {
    if (!loaded || request.path.find(image_id) == std::string::npos) return failure(404, "No such image");
    return DaemonReply{.body = json{{"Id", image_id},
                                    {"RepoTags", {"bench/backend:1"}},
                                    {"Size", 42},
                                    {"RootFS", {{"Layers", {"sha256:2222"}}}}}
                                   .dump()};
  });
  daemon.on("POST", "/images/load", [this](const DaemonRequest&) {
    loaded = true;
    return DaemonReply{.chunks = {"{\"stream\":\"Loaded ", "image: bench/backend:1\\n\"}\n"}};
  });
  daemon.on("GET", "/containers/json", [this](const DaemonRequest&) { return list(); });
  daemon.on("POST", "/containers/create", [this](const DaemonRequest& request) { return create(request); });
  daemon.on("POST", "/attach", [this](const DaemonRequest& request) { return attach(request); });
  daemon.on("POST", "/start$", [this](const DaemonRequest& request) { return start(request); });
  daemon.on("GET", "/containers/[^/]+/json$",
            [this](const DaemonRequest& request) { return inspect(request); });
  daemon.on("POST", "/stop", [this](const DaemonRequest& request) { return stop(request); });
  daemon.on("DELETE", "/containers/", [this](const DaemonRequest& request) { return remove(request); });
}

void FakeDocker::kill(const std::string& id) {
  std::string fake_id;
  {
    const std::lock_guard lock(mutex_);
    fake_id = known_.at(id).fake_id;
  }
  containers.kill(fake_id);
}

FakeDocker::~FakeDocker() {
  daemon.die();
}

std::optional<std::pair<std::string, FakeDocker::Container>> FakeDocker::find(const DaemonRequest& request) {
  const std::string wanted = id_in(request.path);
  const std::lock_guard lock(mutex_);
  for (const auto& [id, container] : known_) {
    if (id == wanted || container.name == wanted) return std::pair{id, container};
  }
  return std::nullopt;
}

DaemonReply FakeDocker::create(const DaemonRequest& request) {
  const json body = json::parse(request.body);
  if (!loaded || body.at("Image") != image_id)
    return failure(404, "No such image: " + body.at("Image").dump());
  InstanceSpec spec;
  spec.name = query_value(request.path, "name");
  const std::string env = body.at("Env").at(0);
  spec.nonce = env.substr(env.find('=') + 1);
  spec.cpus = static_cast<int>(body["HostConfig"].value("NanoCpus", std::int64_t{0}) / 1'000'000'000);
  spec.memory_bytes = body["HostConfig"].value("Memory", std::int64_t{0});
  const std::lock_guard lock(mutex_);
  for (const auto& [id, container] : known_) {
    if (container.name != spec.name) continue;
    return failure(409,
                   fmt::format("Conflict. The container name \"/{}\" is already in use by container \"{}\".",
                               spec.name, id));
  }
  Container made{spec.name, body.at("Labels").dump(), containers.create({}, spec, {}),
                 std::make_shared<Output>()};
  containers.console(made.fake_id, made.output);
  const std::string id = fmt::format("{:064x}", 0xC0FFEE + containers.created());
  known_[id] = std::move(made);
  return {.status = 201, .body = json{{"Id", id}, {"Warnings", json::array()}}.dump()};
}

DaemonReply FakeDocker::attach(const DaemonRequest& request) {
  const auto found = find(request);
  if (!found) return failure(404, "No such container: " + id_in(request.path));
  return {.type = "application/vnd.docker.raw-stream",
          .stream = [output = found->second.output](const StreamWriter& write) { output->drain(write); }};
}

DaemonReply FakeDocker::start(const DaemonRequest& request) {
  const auto found = find(request);
  if (!found) return failure(404, "No such container: " + id_in(request.path));
  try {
    containers.start(found->second.fake_id, {});
  } catch (const Error& error) {
    return failure(500, error.what());
  }
  return {.status = 204};
}

DaemonReply FakeDocker::inspect(const DaemonRequest& request) {
  const auto found = find(request);
  if (!found) return failure(404, "No such container: " + id_in(request.path));
  const InstanceState state = containers.state(found->second.fake_id);
  json answer{{"Id", found->first},
              {"State",
               {{"Status", state.running     ? "running"
                           : state.exit_code ? "exited"
                                             : "created"},
                {"Running", state.running},
                {"Pid", 0},
                {"ExitCode", state.exit_code.value_or(0)},
                {"OOMKilled", false},
                {"Error", ""}}},
              {"Config", {{"Labels", json::parse(found->second.labels)}}},
              {"NetworkSettings", {{"Ports", json::object()}}}};
  if (state.running) {
    const std::uint16_t port = containers.endpoint(found->second.fake_id).port;
    answer["NetworkSettings"]["Ports"]["4567/tcp"] =
        json::array({{{"HostIp", "127.0.0.1"}, {"HostPort", std::to_string(port)}}});
  }
  return {.body = answer.dump()};
}

DaemonReply FakeDocker::stop(const DaemonRequest& request) {
  const auto found = find(request);
  if (!found) return failure(404, "No such container: " + id_in(request.path));
  if (!containers.state(found->second.fake_id).running) return {.status = 304};
  containers.stop(found->second.fake_id, Seconds(0));
  return {.status = 204};
}

DaemonReply FakeDocker::remove(const DaemonRequest& request) {
  const auto found = find(request);
  if (!found) return failure(404, "No such container: " + id_in(request.path));
  containers.remove(found->second.fake_id);
  const std::lock_guard lock(mutex_);
  known_.erase(found->first);
  return {.status = 204};
}

DaemonReply FakeDocker::list() {
  const std::lock_guard lock(mutex_);
  json answer = json::array();
  for (const auto& [id, container] : known_) {
    answer.push_back(
        {{"Id", id}, {"Names", {"/" + container.name}}, {"Labels", json::parse(container.labels)}});
  }
  return {.body = answer.dump()};
}

}  // namespace bench::test
