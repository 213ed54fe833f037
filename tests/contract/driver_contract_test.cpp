// What every driver promises (drivers/driver.h), asked of each that is registered.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/base/error.h"
#include "bench/base/procfs.h"
#include "drivers/instance.h"
#include "tests/contract/contract.h"
#include "tests/support/http_get.h"

namespace bench::test {

namespace {

std::vector<ContractCase>& mutable_cases() {
  static std::vector<ContractCase> cases;
  return cases;
}

/// The worlds that were needed, until all tests are over.
class Worlds : public testing::Environment {
 public:
  struct Made {
    std::unique_ptr<ContractWorld> world;
    std::string why_not;
  };
  static std::map<std::string, Made>& all() {
    static std::map<std::string, Made> worlds;
    return worlds;
  }
  void TearDown() override { all().clear(); }
};

const auto* const kWorlds = testing::AddGlobalTestEnvironment(new Worlds);

/// All of them live, and each role that must be there is.
void expect_alive(const std::vector<HostProcess>& processes, const std::vector<std::string>& roles) {
  std::vector<std::string> found;
  for (const auto& process : processes) {
    EXPECT_TRUE(process_start_time(process.pid)) << process.role << " " << process.pid;
    EXPECT_FALSE(process.role.empty());
    found.push_back(process.role);
  }
  for (const std::string& role : roles) EXPECT_THAT(found, testing::Contains(role));
}

class Console : public ConsoleSink {
 public:
  void bytes(std::string_view chunk) override {
    const std::lock_guard lock(mutex_);
    after_close_ |= closes_ > 0;
    text_ += chunk;
    changed_.notify_all();
  }
  void closed() override {
    const std::lock_guard lock(mutex_);
    ++closes_;
    changed_.notify_all();
  }
  bool await_text(const std::string& wanted, Seconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return text_.find(wanted) != std::string::npos; });
  }
  bool await_closed(Seconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return closes_ > 0; });
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  /// closed() at most once and nothing after it.
  bool orderly() {
    const std::lock_guard lock(mutex_);
    return closes_ <= 1 && !after_close_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  int closes_ = 0;
  bool after_close_ = false;
};

/// Gone, or a zombie that its parent has not noticed yet; within a moment.
bool has_ended(pid_t pid) {
  const Deadline patience(Seconds(2));
  while (true) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text;
    if (!std::getline(file, text)) return true;
    const auto name_end = text.rfind(')');
    if (name_end != std::string::npos && text.compare(name_end, 3, ") Z") == 0) return true;
    if (patience.expired()) return false;
    usleep(5'000);
  }
}

class DriverContract : public testing::TestWithParam<ContractCase> {
 protected:
  void SetUp() override {
    auto& worlds = Worlds::all();
    if (!worlds.contains(GetParam().name)) {
      Worlds::Made made;
      try {
        made.world = GetParam().make();
        made.world->driver().prepare(made.world->images(), made.world->profile(), {});
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kUnavailable) throw;
        made.world.reset();
        made.why_not = error.what();
      }
      worlds[GetParam().name] = std::move(made);
    }
    if (!worlds[GetParam().name].world) GTEST_SKIP() << worlds[GetParam().name].why_not;
    world_ = worlds[GetParam().name].world.get();
  }

  void TearDown() override {
    if (world_ == nullptr) return;
    for (const auto& left : owned()) {
      ADD_FAILURE() << "left behind: " << left.name;
      driver().remove(left.id);
    }
  }

  Driver& driver() { return world_->driver(); }

  InstanceSpec spec() {
    static int count = 0;
    InstanceSpec spec;
    spec.name = fmt::format("bench-contract-{}-{}", getpid(), ++count);
    spec.owner = {fmt::format("contract-{}", getpid()), getpid(), *process_start_time(getpid())};
    spec.nonce = fmt::format("nonce-{}-{}", getpid(), count);
    spec.cpus = 1;
    spec.memory_bytes = world_->memory_bytes();
    spec.profile = world_->profile();
    return spec;
  }

  Instance make(const InstanceSpec& spec) { return Instance::create(driver(), world_->images(), spec, {}); }

  /// Of this process only: other runs may be going on.
  std::vector<OwnedInstance> owned() {
    auto all = driver().owned();
    std::erase_if(all, [this](const OwnedInstance& one) {
      return world_->keeps_owner() ? one.owner.pid != getpid() : !one.name.starts_with("bench-contract");
    });
    return all;
  }

  bool is_owned(const std::string& id) {
    const auto all = owned();
    return std::any_of(all.begin(), all.end(), [&](const OwnedInstance& one) { return one.id == id; });
  }

  /// Started and ready.
  std::optional<PlainAnswer> await_app(Instance& instance, const InstanceSpec& spec) {
    const Endpoint endpoint = instance.endpoint();
    EXPECT_EQ(endpoint.host, "127.0.0.1");
    return await_ready(endpoint.port, "/bench/about", spec.nonce, world_->ready_within());
  }

  ContractWorld* world_ = nullptr;
};

/// For drivers whose instances run an app.
class ServingDriverContract : public DriverContract {};

}  // namespace

bool register_contract_case(ContractCase contract_case) {
  mutable_cases().push_back(std::move(contract_case));
  return true;
}

std::vector<ContractCase> contract_cases() {
  return mutable_cases();
}

std::vector<ContractCase> serving_contract_cases() {
  std::vector<ContractCase> cases = mutable_cases();
  std::erase_if(cases, [](const ContractCase& one) { return !one.serves; });
  return cases;
}

void kill_host_processes(Driver& driver, const std::string& id, const std::string& role) {
  int killed = 0;
  for (const auto& process : driver.processes(id)) {
    if (process.role == role && process.pid > 1 && process.pid != getpid()) {
      killed += ::kill(process.pid, SIGKILL) == 0 ? 1 : 0;
    }
  }
  EXPECT_GT(killed, 0) << "no process of role " << role;
}

TEST_P(DriverContract, InfoNamesTheEngine) {
  const DriverInfo info = driver().info(world_->profile());
  const Kind family = family_of(info.traits);
  EXPECT_TRUE(family == Kind::kContainer || family == Kind::kVm) << family;
  EXPECT_FALSE(info.engine_name.empty());
  EXPECT_FALSE(info.engine_version.empty());
  EXPECT_TRUE(family == Kind::kContainer ? info.acceleration == Acceleration::kNone
                                         : info.acceleration != Acceleration::kNone);
  for (const auto& warning : info.warnings) {
    EXPECT_FALSE(warning.text.empty());
    EXPECT_FALSE(warning.remedy.empty()) << warning.text;
  }
}

TEST_P(DriverContract, PreparingTwiceSaysTheSame) {
  const Facts once = driver().prepare(world_->images(), world_->profile(), {});
  EXPECT_EQ(once, driver().prepare(world_->images(), world_->profile(), {}));
  EXPECT_FALSE(once.empty());
}

TEST_P(DriverContract, SaysHowLargeTheImageIsAndLeavesNothing) {
  const auto figures = driver().image_figures(world_->images(), world_->profile(), {});
  std::set<std::string> names;
  for (const auto& figure : figures) {
    EXPECT_THAT(figure.quantity, testing::AnyOf("disk", "virtual", "unique"));
    EXPECT_THAT(figure.check, testing::MatchesRegex("[a-z]+"));
    EXPECT_FALSE(figure.source.empty());
    EXPECT_GE(figure.bytes, figure.quantity == "unique" ? 0 : 1) << figure.source << ": absent is not zero";
    EXPECT_TRUE(names.insert(figure.quantity + "_" + figure.check).second) << figure.source << " twice";
  }
  EXPECT_FALSE(figures.empty());
  EXPECT_EQ(driver().image_figures(world_->images(), world_->profile(), {}).size(), figures.size());
}

TEST_P(DriverContract, CreatedIsOwnedAndDoesNotRunYet) {
  const InstanceSpec wanted = spec();
  Instance instance = make(wanted);
  EXPECT_FALSE(instance.id().empty());
  EXPECT_FALSE(instance.state().running);
  const auto all = owned();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].id, instance.id());
  EXPECT_EQ(all[0].name, wanted.name);
  if (world_->keeps_owner()) {
    EXPECT_EQ(all[0].owner.run_id, wanted.owner.run_id);
    EXPECT_EQ(all[0].owner.pid, wanted.owner.pid);
    EXPECT_EQ(all[0].owner.pid_start, wanted.owner.pid_start);
  }
  instance.remove();
  EXPECT_TRUE(owned().empty());
}

TEST_P(ServingDriverContract, LivesFromCreateToRemove) {
  const InstanceSpec wanted = spec();
  Instance instance = make(wanted);
  const auto console = std::make_shared<Console>();
  instance.console(console);
  instance.start({});
  const auto answer = await_app(instance, wanted);
  ASSERT_TRUE(answer) << "not ready; its console:\n" << console->text();
  const auto about = nlohmann::json::parse(answer->body);
  EXPECT_EQ(about.at("nonce"), wanted.nonce);
  EXPECT_EQ(about.at("cpus"), wanted.cpus);
  EXPECT_TRUE(console->await_text("@bench runtime", Seconds(5))) << console->text();
  EXPECT_TRUE(console->await_text("@bench app", Seconds(5))) << console->text();
  EXPECT_TRUE(instance.state().running);

  const auto processes = instance.processes();
  expect_alive(processes, world_->roles());

  instance.stop(Seconds(1));
  EXPECT_TRUE(console->await_closed(Seconds(10)));
  const InstanceState state = instance.state();
  EXPECT_FALSE(state.running);
  EXPECT_FALSE(state.detail.empty());
  const std::string id = instance.id();
  instance.remove();
  EXPECT_TRUE(console->orderly());
  EXPECT_FALSE(is_owned(id));
  for (const auto& process : processes) {
    EXPECT_TRUE(process.pid == getpid() || has_ended(process.pid))
        << process.role << " outlived its instance";
  }
}

TEST_P(ServingDriverContract, ADeathIsSeenAtOnce) {
  const InstanceSpec wanted = spec();
  Instance instance = make(wanted);
  const auto console = std::make_shared<Console>();
  instance.console(console);
  instance.start({});
  ASSERT_TRUE(console->await_text("@bench runtime", world_->ready_within())) << console->text();
  world_->kill(instance.id());
  EXPECT_TRUE(console->await_closed(Seconds(5)));
  const Deadline patience(Seconds(5));
  while (instance.state().running && !patience.expired()) usleep(10'000);
  const InstanceState state = instance.state();
  EXPECT_FALSE(state.running);
  EXPECT_NE(state.exit_code.value_or(1), 0);
  EXPECT_FALSE(state.detail.empty());
}

TEST_P(ServingDriverContract, RemovesWhatStillRuns) {
  const InstanceSpec wanted = spec();
  std::uint16_t port = 0;
  std::string id;
  {
    Instance instance = make(wanted);
    instance.start({});
    port = instance.endpoint().port;
    id = instance.id();
  }
  EXPECT_FALSE(is_owned(id));
  EXPECT_FALSE(http_get(port, "/bench/about", Seconds(1)));
}

TEST_P(ServingDriverContract, TwoLiveSideBySide) {
  const InstanceSpec first = spec(), second = spec();
  Instance one = make(first), two = make(second);
  one.start({});
  two.start({});
  EXPECT_NE(one.endpoint().port, two.endpoint().port);
  EXPECT_TRUE(await_app(one, first));
  EXPECT_TRUE(await_app(two, second));
}

TEST_P(DriverContract, StoppingOrRemovingWhatIsGoneIsNoError) {
  Instance instance = make(spec());
  const std::string id = instance.id();
  instance.remove();
  EXPECT_NO_THROW(driver().remove(id));
  EXPECT_NO_THROW(driver().stop(id, Seconds(1)));
}

TEST_P(DriverContract, WhatIsNotThereCannotBeStarted) {
  Instance instance = make(spec());
  const std::string id = instance.id();
  instance.remove();
  EXPECT_THROW(driver().start(id, {}), Error);
  EXPECT_THROW(driver().endpoint(id), Error);
}

TEST_P(DriverContract, ANameIsTakenOnce) {
  const InstanceSpec wanted = spec();
  Instance first = make(wanted);
  try {
    Instance second = make(wanted);
    ADD_FAILURE() << "the name was given twice";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(wanted.name), std::string::npos) << error.what();
  }
  EXPECT_TRUE(is_owned(first.id())) << "the first one was removed with the second";
}

TEST_P(DriverContract, AnInterruptedCreateLeavesNothing) {
  std::stop_source source;
  source.request_stop();
  try {
    Instance::create(driver(), world_->images(), spec(), source.get_token());
    ADD_FAILURE() << "created in spite of the stop";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted) << error.what();
  }
  EXPECT_TRUE(owned().empty());
}

TEST_P(DriverContract, TheEnginesProcessesAreAlive) {
  expect_alive(driver().engine_processes(), world_->engine_roles());
}

const auto kCaseName = [](const testing::TestParamInfo<ContractCase>& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(Drivers, DriverContract, testing::ValuesIn(contract_cases()), kCaseName);
INSTANTIATE_TEST_SUITE_P(Drivers, ServingDriverContract, testing::ValuesIn(serving_contract_cases()),
                         kCaseName);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DriverContract);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ServingDriverContract);

}  // namespace bench::test
