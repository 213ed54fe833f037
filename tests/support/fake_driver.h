#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "bench/base/error.h"
#include "drivers/driver.h"

namespace bench::test {

/// How the fake's instances behave. Times count from start().
struct FakeBehaviour {
  Seconds create_delay{0};
  Seconds start_delay{0};
  Seconds runtime_after{0.002};      ///< "@bench runtime" on the console
  Seconds ready_after{0.01};         ///< listens and prints "@bench app"
  std::optional<Seconds> die_after;  ///< exits with exit_code
  int exit_code = 3;
  bool never_answer = false;  ///< accepts connections and says nothing
  int status = 200;           ///< of every answer
  bool wrong_nonce = false;   ///< answers as some other instance would
  Seconds stop_delay{0};      ///< stop() takes this long
  std::string app_sha256 = "fake-app";
  std::string last_words = "fake: the app gave up";  ///< on the console before it dies
  /// By verb ("create", "start", "console", "stop", "remove", "prepare", "info"): thrown instead of doing it.
  std::map<std::string, Error> fail;
};

/// A driver without an engine: its instances are threads that really serve HTTP on the loopback, so the
/// readiness probe, the runner and the contract suite run against it unchanged.
class FakeDriver : public Driver {
 public:
  FakeDriver();
  ~FakeDriver() override;

  /// For instances that are created from now on.
  FakeBehaviour behaviour;
  /// What info() says; tests may change it.
  DriverInfo driver_info;

  [[nodiscard]] int alive() const;  ///< created and not yet removed
  [[nodiscard]] int created() const { return created_; }
  [[nodiscard]] std::vector<std::string> calls() const;  ///< "create bench-x", in order

  /// The instance dies at once, as by SIGKILL.
  void kill(const std::string& id);

  DriverInfo info(const std::string& profile) override;
  Facts prepare(const ImageSet& images, const std::string& profile, std::stop_token stop) override;
  std::vector<ImageFigure> image_figures(const ImageSet& images, const std::string& profile,
                                         std::stop_token stop) override;
  std::string create(const ImageSet& images, const InstanceSpec& spec, std::stop_token stop) override;
  void console(const std::string& id, std::shared_ptr<ConsoleSink> sink) override;
  void start(const std::string& id, std::stop_token stop) override;
  Endpoint endpoint(const std::string& id) override;
  InstanceState state(const std::string& id) override;
  std::vector<HostProcess> processes(const std::string& id) override;
  std::vector<HostProcess> engine_processes() override;
  void stop(const std::string& id, Seconds grace) override;
  void remove(const std::string& id) override;
  std::vector<OwnedInstance> owned() override;

 private:
  struct FakeInstance;

  std::shared_ptr<FakeInstance> find(const std::string& id) const;
  void enter(const std::string& verb, const std::string& id);

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<FakeInstance>> instances_;
  std::vector<std::string> calls_;
  std::atomic<int> created_{0};
};

}  // namespace bench::test
