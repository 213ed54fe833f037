#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/fake_daemon.h"
#include "tests/support/fake_driver.h"

namespace bench::test {

/// A fake daemon that plays Docker as far as the driver goes: its containers are the fake driver's instances,
/// so they really serve. Answers follow what 20.10 says (tests/fixtures/docker-20.10).
class FakeDocker {
 public:
  FakeDocker();
  ~FakeDocker();

  FakeDaemon daemon;
  FakeDriver containers;
  std::string image_id = "sha256:1111";  ///< known once loaded
  bool loaded = false;

  /// The container dies at once.
  void kill(const std::string& id);

 private:
  class Output;
  struct Container {
    std::string name;
    std::string labels;  ///< JSON
    std::string fake_id;
    std::shared_ptr<Output> output;
  };

  DaemonReply create(const DaemonRequest& request);
  DaemonReply attach(const DaemonRequest& request);
  DaemonReply start(const DaemonRequest& request);
  DaemonReply inspect(const DaemonRequest& request);
  DaemonReply stop(const DaemonRequest& request);
  DaemonReply remove(const DaemonRequest& request);
  DaemonReply list();
  /// Of the container that the request's path names by id or name.
  std::optional<std::pair<std::string, Container>> find(const DaemonRequest& request);

  std::mutex mutex_;
  std::map<std::string, Container> known_;
};

}  // namespace bench::test
