#include "drivers/docker/docker.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "bench/base/error.h"
#include "drivers/docker/console.h"
#include "drivers/docker/container_config.h"
#include "drivers/docker/engine.h"
#include "drivers/docker/image.h"
#include "drivers/docker/image_figures.h"
#include "drivers/docker/info.h"
#include "drivers/docker/loaded.h"
#include "drivers/docker/places.h"
#include "drivers/docker/private/private_docker.h"
#include "drivers/docker/processes.h"
#include "drivers/docker/start_report.h"
#include "drivers/docker/stored_image.h"

namespace bench {

namespace {

using nlohmann::json;

/// An interrupted create may end on its own for so long: a container that is known can be removed.
constexpr Seconds kCreateGrace{2.0};
constexpr Seconds kRemovalPatience{30.0};

struct Connection {
  std::unique_ptr<PrivateDocker> own;  ///< goes last
  std::shared_ptr<const DockerEngine> engine;
};

Connection connect(const DriverOptions& options) {
  const std::vector<DockerPlace> places = docker_places();
  try {
    return {nullptr, first_docker(places, options.stop)};
  } catch (const Error& error) {
    const bool refused = std::any_of(places.begin(), places.end(),
                                     [](const DockerPlace& place) { return is_refused(place.socket); });
    if (error.code() != ErrorCode::kUnavailable || refused || !options.start_private || docker_is_named()) {
      throw;
    }
    if (const auto obstacle = private_docker_obstacle()) {
      throw Error(ErrorCode::kUnavailable, fmt::format("{} and {}", error.what(), obstacle->text),
                  obstacle->remedy);
    }
  }
  auto own = PrivateDocker::acquire(options.progress, options.stop);
  auto engine = std::make_shared<DockerEngine>(own->socket(), options.stop);
  engine->set_remedy("repeat the run: it starts a new private daemon");
  return {std::move(own), std::move(engine)};
}

/// Where on this host the app's port is; nothing for a container that has none (any more).
std::optional<std::uint16_t> published_port(const json& inspected, int app_port) {
  const json ports = inspected.at("NetworkSettings").value("Ports", json::object());
  for (const auto& [name, bindings] : ports.items()) {
    if (app_port != 0 && name != fmt::format("{}/tcp", app_port)) continue;
    if (!bindings.is_array() || bindings.empty()) continue;
    const std::string text = bindings.at(0).value("HostPort", "");
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data(), end, port);
    if (failed != std::errc{} || rest != end || port == 0) {
      throw Error(ErrorCode::kEngine, fmt::format("the engine says that {} is at the port '{}'", name, text),
                  "check which engine listens there (bench doctor names it), and its version");
    }
    return port;
  }
  return std::nullopt;
}

/// What is remembered of an instance between its verbs.
struct Container {
  int app_port = 0;
  std::unique_ptr<DockerConsole> console;
  pid_t init = 0;
  std::uint16_t host_port = 0;
};

class DockerDriver : public Driver {
 public:
  explicit DockerDriver(DriverOptions options) : options_(std::move(options)) {}
  explicit DockerDriver(const std::filesystem::path& socket) : fixed_socket_(socket) {}

  DriverInfo info(const std::string&) override {
    const auto docker = engine();
    const std::lock_guard lock(mutex_);
    return understood([&] { return docker_info(*docker, connection_->own != nullptr); });
  }

  Facts prepare(const ImageSet& images, const std::string&, std::stop_token stop) override {
    const auto docker = engine();
    PreparedImage image =
        understood([&] { return prepare_docker_image(*docker, images.container, options_.progress, stop); });
    {
      const std::lock_guard lock(mutex_);
      image_ids_[images.container.id] = image.id;
    }
    if (is_loaded_reference(images.container.reference)) {
      understood([&] { drop_older_images(*docker, used_by_this_process(image.id), stop); });
    }
    return image.facts;
  }

  std::vector<ImageFigure> image_figures(const ImageSet& images, const std::string&,
                                         std::stop_token stop) override {
    return understood([&] { return docker_image_figures(*engine(), image_id(images), stop); });
  }

  std::string create(const ImageSet& images, const InstanceSpec& spec, std::stop_token stop) override {
    const auto docker = engine();
    HttpRequest request{.method = "POST",
                        .path = "/containers/create?name=" + url_encode(spec.name),
                        .body = container_config(image_id(images), images.port, spec).dump(),
                        .headers = {"Content-Type: application/json"},
                        .timeout = Seconds(60),
                        .stop_grace = kCreateGrace};
    if (stop.stop_requested())
      throw Error(ErrorCode::kInterrupted, "interrupted before creating " + spec.name);
    HttpResponse response;
    try {
      response = docker->call(request, stop);
    } catch (const Error&) {
      remove_if_made(*docker, spec);
      throw;
    }
    require_success(request, response);
    const json answer = json::parse(response.body, nullptr, false);
    if (!answer.is_object() || !answer.contains("Id") || !answer["Id"].is_string()) {
      remove_if_made(*docker, spec);
      throw Error(ErrorCode::kEngine, "POST /containers/create: the answer names no container",
                  "check which engine listens there (bench doctor names it), and its version");
    }
    std::string id = answer["Id"].get<std::string>();
    const std::lock_guard lock(mutex_);
    containers_[id].app_port = images.port;
    return id;
  }

  void console(const std::string& id, std::shared_ptr<ConsoleSink> sink) override {
    auto reader = std::make_unique<DockerConsole>(engine(), id, std::move(sink));
    const std::lock_guard lock(mutex_);
    containers_[id].console.swap(reader);
  }

  void start(const std::string& id, std::stop_token stop) override {
    engine()->checked({.method = "POST", .path = "/containers/" + id + "/start", .timeout = Seconds(120)},
                      stop);
  }

  Endpoint endpoint(const std::string& id) override {
    const json inspected = inspect(id);
    const std::lock_guard lock(mutex_);
    Container& container = containers_[id];
    const std::optional<std::uint16_t> port =
        understood([&] { return published_port(inspected, container.app_port); });
    if (port) {
      container.host_port = *port;
      container.init = init_of(inspected);
      return {"127.0.0.1", container.host_port};
    }
    const InstanceState now = container_state(inspected);
    if (!now.running) {
      throw Error(ErrorCode::kInstanceDied,
                  fmt::format("the container {} has ended: {}", id.substr(0, 12), now.detail));
    }
    throw Error(ErrorCode::kEngine, fmt::format("the container {} has no published port", id.substr(0, 12)));
  }

  InstanceState state(const std::string& id) override { return container_state(inspect(id)); }

  std::vector<HostProcess> processes(const std::string& id) override {
    pid_t init = 0;
    std::uint16_t port = 0;
    {
      const std::lock_guard lock(mutex_);
      const auto known = containers_.find(id);
      if (known != containers_.end()) init = known->second.init, port = known->second.host_port;
    }
    if (init == 0) init = init_of(inspect(id));
    return container_processes(init, id, port);
  }

  std::vector<HostProcess> engine_processes() override { return daemon_processes(engine()->socket()); }

  void stop(const std::string& id, Seconds grace) override {
    const auto seconds = static_cast<long>(std::ceil(std::max(grace, Seconds(0)).count()));
    const HttpRequest request{.method = "POST",
                              .path = fmt::format("/containers/{}/stop?t={}", id, seconds),
                              .timeout = Seconds(static_cast<double>(seconds) + 30)};
    const HttpResponse response = engine()->call(request);
    if (response.status != 404) require_success(request, response);
  }

  void remove(const std::string& id) override {
    const auto docker = engine();
    std::unique_ptr<DockerConsole> console;
    {
      const std::lock_guard lock(mutex_);
      if (const auto known = containers_.find(id); known != containers_.end()) {
        console = std::move(known->second.console);
        containers_.erase(known);
      }
    }
    remove_container(*docker, id);
  }

  std::string start_report(const ImageSet& images, const InstanceSpec& spec, const StartProbe& probe,
                           std::stop_token stop) override {
    const json config = container_config(image_id(images), images.port, spec);
    return understood([&] { return docker_start_report(*engine(), spec.name, config, probe, stop); });
  }

  std::string find_image(const std::string& reference, Pull pull, std::stop_token stop) override {
    return find_stored_image(*engine(), reference, pull, options_.progress, stop);
  }

  ImageStoreAddress image_store() override {
    const auto docker = engine();
    const std::lock_guard lock(mutex_);
    return {"unix://" + docker->socket().string(), connection_->own != nullptr};
  }

  void save_image(const std::string& id, const std::filesystem::path& to, std::stop_token stop) override {
    save_stored_image(*engine(), id, to, stop);
  }

  std::vector<OwnedInstance> owned() override {
    const std::string filter = url_encode(fmt::format(R"({{"label":["{}=1"]}})", kContainerLabel));
    const json listed = engine()->get("/containers/json?all=1&filters=" + filter);
    return understood([&] {
      std::vector<OwnedInstance> result;
      for (const auto& container : listed) {
        const json names = container.value("Names", json::array());
        std::string name = names.empty() ? std::string() : names.at(0).get<std::string>();
        if (name.starts_with('/')) name.erase(0, 1);
        const json labels = container.value("Labels", json::object());
        result.push_back({container.at("Id").get<std::string>(), std::move(name), owner_of(labels)});
      }
      return result;
    });
  }

 private:
  std::shared_ptr<const DockerEngine> engine() {
    const std::lock_guard lock(mutex_);
    if (!connection_) {
      if (fixed_socket_) {
        connection_ = Connection{nullptr, std::make_shared<DockerEngine>(*fixed_socket_)};
      } else {
        connection_ = connect(options_);
      }
    }
    return connection_->engine;
  }

  /// What a daemon keeps for longer than it should is no reason to fail.
  static void drop_older_images(const DockerEngine& docker, const std::set<std::string>& ours,
                                const std::stop_token& stop) {
    try {
      (void)remove_loaded_images(docker, kLoadedImagesKept, ours, stop);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted) throw;
    }
  }

  std::string image_id(const ImageSet& images) {
    const std::lock_guard lock(mutex_);
    const auto known = image_ids_.find(images.container.id);
    return known != image_ids_.end() ? known->second : images.container.id;
  }

  json inspect(const std::string& id) { return engine()->get("/containers/" + id + "/json"); }

  static pid_t init_of(const json& inspected) {
    return understood([&] { return inspected.at("State").value("Pid", 0); });
  }

  static InstanceState container_state(const json& inspected) {
    return understood([&] {
      const json& raw = inspected.at("State");
      InstanceState state;
      state.running = raw.value("Running", false);
      state.detail = raw.value("Status", "unknown");
      const std::string error = raw.value("Error", "");
      const bool created = state.detail == "created";
      if (state.running || (created && error.empty())) return state;
      state.exit_code = raw.value("ExitCode", 0);
      state.detail = fmt::format("{} ({})", created ? "could not be started" : "exited", *state.exit_code);
      if (raw.value("OOMKilled", false)) state.detail = "OOM killed, " + state.detail;
      if (!error.empty()) state.detail += ": " + error;
      return state;
    });
  }

  /// After a create whose answer was lost: the daemon may have made the container nevertheless.
  static void remove_if_made(const DockerEngine& docker, const InstanceSpec& spec) noexcept {
    try {
      const json inspected = docker.get("/containers/" + url_encode(spec.name) + "/json");
      const Ownership owner = owner_of(inspected.at("Config").at("Labels"));
      if (owner.run_id != spec.owner.run_id || owner.pid != spec.owner.pid) return;
      remove_container(docker, inspected.at("Id").get<std::string>());
    } catch (const std::exception&) {
      // Not there, or the daemon is gone; what it may still make carries our label.
    }
  }

  static void remove_container(const DockerEngine& docker, const std::string& id) {
    const HttpRequest request{
        .method = "DELETE", .path = "/containers/" + id + "?force=1&v=1", .timeout = Seconds(60)};
    const HttpResponse response = docker.call(request);
    if (response.status == 404) return;
    if (response.status != 409) {
      require_success(request, response);
      return;
    }
    // "removal … is already in progress": somebody else's call; the container goes when that one is done.
    const Deadline patience(kRemovalPatience);
    while (docker.call({.path = "/containers/" + id + "/json"}).status != 404) {
      if (patience.expired()) require_success(request, response);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  DriverOptions options_;
  std::optional<std::filesystem::path> fixed_socket_;
  std::mutex mutex_;
  std::optional<Connection> connection_;
  std::map<std::string, std::string> image_ids_;  ///< the engine's id, by the image set's
  std::map<std::string, Container> containers_;
};

}  // namespace

std::unique_ptr<Driver> make_docker_driver(const DriverOptions& options) {
  return std::make_unique<DockerDriver>(options);
}

std::unique_ptr<Driver> make_docker_driver_at(const std::filesystem::path& socket) {
  return std::make_unique<DockerDriver>(socket);
}

}  // namespace bench
