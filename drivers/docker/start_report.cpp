#include "drivers/docker/start_report.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "bench/base/error.h"

namespace bench {
namespace {

using nlohmann::json;

constexpr Seconds kPatience{30};

/// Whatever happens, the container goes; what the daemon keeps for longer carries our label.
class Removal {
 public:
  Removal(const DockerEngine& engine, std::string id) : engine_(engine), id_(std::move(id)) {}
  ~Removal() {
    try {
      (void)engine_.call(
          {.method = "DELETE", .path = "/containers/" + id_ + "?force=1&v=1", .timeout = kPatience});
    } catch (const std::exception&) {
      // A dead daemon is told of by whoever uses it next.
    }
  }
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;

 private:
  const DockerEngine& engine_;
  std::string id_;
};

/// A list of an image's configuration; empty where there is none.
json words(const json& config, const char* name) {
  const auto found = config.find(name);
  return found != config.end() && found->is_array() ? *found : json::array();
}

/// `config` with the probe in the place of the image's program.
json in_its_place(const DockerEngine& engine, json config, const StartProbe& probe,
                  const std::stop_token& stop) {
  const json image =
      engine.get("/images/" + url_encode(config.at("Image").get<std::string>()) + "/json", stop).at("Config");
  config["Entrypoint"] = probe.command;
  config["Cmd"] = words(image, "Entrypoint");
  for (const json& word : words(image, "Cmd")) config["Cmd"].push_back(word);
  config["HostConfig"]["NetworkMode"] = "none";
  config["HostConfig"].erase("PortBindings");
  return config;
}

}  // namespace

std::string docker_start_report(const DockerEngine& engine, const std::string& name, json config,
                                const StartProbe& probe, const std::stop_token& stop) {
  const json container = in_its_place(engine, std::move(config), probe, stop);
  const HttpResponse made =
      engine.checked({.method = "POST",
                      .path = "/containers/create?name=" + url_encode(name),
                      .body = container.dump(),
                      .headers = {"Content-Type: application/json"},
                      .timeout = kPatience},
                     {});  // short, and an answer that is not heard would leave it behind
  const std::string id = json::parse(made.body).at("Id").get<std::string>();
  const Removal removal(engine, id);
  engine.checked({.method = "PUT",
                  .path = "/containers/" + id + "/archive?path=%2F",
                  .body = probe.archive,
                  .headers = {"Content-Type: application/x-tar"},
                  .timeout = kPatience},
                 stop);
  engine.checked({.method = "POST", .path = "/containers/" + id + "/start", .timeout = kPatience}, stop);
  engine.checked({.method = "POST", .path = "/containers/" + id + "/wait", .timeout = kPatience}, stop);
  const HttpResponse said =
      engine.checked({.path = "/containers/" + id + "/logs?stdout=1&stderr=1", .timeout = kPatience}, stop);
  if (said.body.empty()) throw Error(ErrorCode::kEngine, fmt::format("the container {} said nothing", name));
  return said.body;
}

}  // namespace bench
