#include "bench/history/hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "bench/core/run_json.h"
#include "bench/history/history.h"
#include "bench/history/index_place.h"
#include "bench/stats/judge/derive.h"
#include "support/own_state.h"
#include "support/sample_run.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Environment machine(const std::string& cpu, std::int64_t memory, const std::string& kernel) {
  Environment environment;
  environment.fingerprint = {{"arch", std::string("x86_64")},
                             {"cpu_model", cpu},
                             {"cores", std::int64_t{4}},
                             {"memory_bytes", memory},
                             {"kernel", kernel}};
  return environment;
}

TEST(Hosts, AnUpgradeIsNoOtherMachine) {
  constexpr std::int64_t kGiB = 1 << 30;
  const std::string before = host_of(machine("A", 16 * kGiB, "6.1")).machine;
  EXPECT_EQ(host_of(machine("A", 16 * kGiB - 30'000'000, "6.12")).machine, before);
  EXPECT_NE(host_of(machine("B", 16 * kGiB, "6.1")).machine, before);
  EXPECT_NE(host_of(machine("A", 8 * kGiB, "6.1")).machine, before);
  EXPECT_FALSE(host_of({}).machine.empty()) << "unknown is alike to unknown";
}

TEST(Hosts, ARunCountsByItsIdOrWithoutOneByItsMachine) {
  const RunHost own{"1", "lab", "m"}, unnamed{"", "", "m"};
  EXPECT_TRUE(counts_as({"1", "renamed", "other memory"}, own, true));
  EXPECT_FALSE(counts_as({"2", "lab", "m"}, own, false)) << "the same name, another machine";
  EXPECT_TRUE(counts_as(unnamed, own, false));
  EXPECT_FALSE(counts_as(unnamed, own, true)) << "may be the other's";
  EXPECT_FALSE(counts_as({"", "", "n"}, own, false));
  EXPECT_TRUE(counts_as(unnamed, unnamed, true));
  EXPECT_FALSE(counts_as(own, unnamed, false));
}

class HostsHistory : public OwnState {
 protected:
  void SetUp() override {
    OwnState::SetUp();
    fs::create_directory(runs());
  }
  [[nodiscard]] fs::path runs() const { return base_ / "runs"; }

  /// `day` of January; no `host`: it does not say.
  void store(const std::string& id, int day, const std::string& host) {
    bench::Run run = test::one_target_run();
    run.run_id = id;
    run.started_at = "2026-01-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + "T02:00:00Z";
    if (!host.empty()) run.environment.host = Host{host, "name of " + host};
    derive(run);
    fs::create_directories(runs() / id);
    std::ofstream(runs() / id / "run.json") << to_json(run);
  }
  static std::vector<std::string> ids(const History& history) {
    std::vector<std::string> found;
    for (const RunRow& row : history.runs(0)) found.push_back(row.run_id);
    return found;
  }
};

TEST_F(HostsHistory, OnlyTheChosenHostsRunsAnswer) {
  store("a1", 1, "A");
  store("b1", 2, "B");
  store("a2", 3, "A");
  History history(runs());
  EXPECT_THAT(ids(history), ElementsAre("a1", "b1", "a2")) << "all, until one is chosen";
  const std::vector<HostRuns> hosts = history.hosts();
  ASSERT_THAT(hosts, SizeIs(2));
  EXPECT_EQ(hosts[0].host.id, "A") << "the latest run is its";
  EXPECT_EQ(hosts[0].runs, 2U);
  EXPECT_EQ(hosts[1].host.name, "name of B");
  history.choose({hosts[1].host});
  EXPECT_THAT(ids(history), ElementsAre("b1"));
  EXPECT_EQ(history.count(), 1U);
  const auto keys = history.series("startup.ready");
  ASSERT_THAT(keys, SizeIs(1));
  EXPECT_THAT(history.points(keys[0], 0), SizeIs(1));
  EXPECT_THAT(history.baseline(keys[0], 0, std::nullopt), SizeIs(1));
  history.choose({hosts[0].host, hosts[1].host});
  EXPECT_THAT(ids(history), SizeIs(3));
  history.choose({RunHost{"C", "", ""}});
  EXPECT_THAT(ids(history), IsEmpty());
  EXPECT_THAT(history.metrics(), IsEmpty());
  EXPECT_THAT(history.series("startup.ready"), IsEmpty());
  EXPECT_THAT(history.hosts(), SizeIs(2)) << "whatever is chosen";
}

TEST_F(HostsHistory, RunsThatDoNotSayTheirHostFollowTheSameRule) {
  store("old", 1, "");
  store("new", 2, "A");
  RunHost own;
  {
    History history(runs());
    own = history.hosts().front().host;
    history.choose({own});
    EXPECT_THAT(ids(history), ElementsAre("old", "new"));
  }
  store("other", 3, "B");
  History history(runs());
  history.choose({own});
  EXPECT_THAT(ids(history), ElementsAre("new"));
  history.choose({RunHost{"", "", own.machine}});
  EXPECT_THAT(ids(history), ElementsAre("old"));
}

TEST_F(HostsHistory, AnOpenHistoryStaysAsItWasOpened) {
  store("a1", 1, "A");
  const History before(runs());
  store("a2", 2, "A");
  fs::remove_all(runs() / "a1");
  EXPECT_THAT(ids(History(runs())), ElementsAre("a2"));
  EXPECT_THAT(ids(before), ElementsAre("a1")) << "one question, one answer";
}

TEST_F(HostsHistory, AnIndexOfAnotherVersionIsMadeAnew) {
  store("a1", 1, "A");
  { const History made(runs()); }
  const fs::path index = index_place(runs()).value().database;
  {
    std::fstream file(index, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(60);  // user_version in SQLite's header, four bytes, the first is the highest
    file.write("\0\0\0\x63", 4);
  }
  const History history(runs());
  EXPECT_THAT(ids(history), ElementsAre("a1"));
  EXPECT_THAT(history.problems(), IsEmpty());
}

TEST_F(HostsHistory, TheIndexIsBesideTheRunsOnNoAccount) {
  store("a1", 1, "A");
  const History history(runs());
  const auto names = std::distance(fs::directory_iterator(runs()), fs::directory_iterator());
  EXPECT_EQ(names, 1);
  EXPECT_TRUE(fs::exists(index_place(runs()).value().database));
  fs::create_directory(base_ / "others");
  EXPECT_NE(index_place(runs())->database, index_place(base_ / "others")->database);
  fs::create_directory_symlink(runs(), base_ / "link");
  EXPECT_EQ(index_place(runs())->database, index_place(base_ / "link")->database);
}

TEST_F(HostsHistory, WithoutAPlaceForTheIndexItIsMadeInMemory) {
  store("a1", 1, "A");
  std::ofstream(base_ / "s") << "in the way";
  const History history(runs());
  EXPECT_THAT(ids(history), ElementsAre("a1"));
  ASSERT_THAT(history.problems(), SizeIs(1));
  EXPECT_THAT(history.problems()[0], ::testing::HasSubstr("BENCH_STATE_DIR"));
}

TEST_F(HostsHistory, IndexesThatNobodyLooksAtGo) {
  store("a1", 1, "A");
  { const History made(runs()); }
  const IndexPlace own = index_place(runs()).value();
  const fs::path directory = own.database.parent_path();
  for (const char* name : {"old", "recent"}) {
    std::ofstream(directory / (std::string(name) + ".lock"));
    std::ofstream(directory / (std::string(name) + ".sqlite"));
  }
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(24 * 100);
  fs::last_write_time(directory / "old.lock", long_ago);
  fs::last_write_time(own.lock, long_ago);
  const History history(runs());  // looks at its own, which makes that recent
  EXPECT_FALSE(fs::exists(directory / "old.sqlite") || fs::exists(directory / "old.lock"));
  EXPECT_TRUE(fs::exists(directory / "recent.sqlite") && fs::exists(own.database));
}

TEST(IndexPlace, ANetworksFileSystemIsNoPlace) {
  for (const long type : {0x6969L, 0xFE534D42L, 0xFF534D42L, 0x01021997L, 0x65735546L, 0x00C36400L}) {
    EXPECT_TRUE(is_network_file_system(type)) << type;
    EXPECT_TRUE(is_network_file_system(static_cast<int>(type))) << "a negative word where words are short";
  }
  for (const long type : {0xEF53L, 0x01021994L, 0x9123683EL, 0x58465342L, 0x794C7630L}) {
    EXPECT_FALSE(is_network_file_system(type)) << type;  // ext4, tmpfs, btrfs, xfs, overlay
  }
  EXPECT_EQ(first_local({"/nonexistent", "/tmp", "/"}), "/tmp");
  EXPECT_EQ(first_local({"/nonexistent"}), std::nullopt);
}

}  // namespace
}  // namespace bench
