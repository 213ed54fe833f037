#include "bench/images/boot/guest_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>

#include "bench/base/error.h"
#include "unit/boot/init_parts.h"

namespace bench::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> texts(const list& found) {
  return {found.items, found.items + found.count};
}

std::string refusal(const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "";
}

GuestConfig some_config() {
  GuestConfig config;
  config.command = {"/bin/sh", "-c", "echo \"a b\"\n", ""};
  return config;
}

TEST(GuestConfigText, ReachesTheInitAsItWas) {
  GuestConfig config = some_config();
  config.environment = {"A=1\n2", "B=", "C=caf\xe9=\xff"};
  config.workdir = "/a b";
  config.user = "app:staff";
  config.stop_signal = 37;
  config.grace = std::chrono::milliseconds(1500);
  config.limits = {{RLIMIT_NOFILE, 1024, RLIM_INFINITY}};
  config.tmpfs = {"/run", "/tmp"};
  config.nonce_variable = "NONCE";
  std::string text = guest_config_text(config, {"virtio.ko", "ext4.ko"});
  struct config read {};
  ASSERT_EQ(read_config(text.data(), text.size(), &read), nullptr);
  EXPECT_EQ(texts(read.args), config.command);
  EXPECT_EQ(read.args.items[read.args.count], nullptr) << "as execve wants it";
  EXPECT_EQ(texts(read.env), config.environment);
  EXPECT_EQ(texts(read.tmpfs), config.tmpfs);
  EXPECT_THAT(texts(read.modules), ElementsAre("virtio.ko", "ext4.ko"));
  EXPECT_THAT(texts(read.limits), ElementsAre("7:1024:18446744073709551615"));
  EXPECT_STREQ(read.workdir, "/a b");
  EXPECT_STREQ(read.user, "app:staff");
  EXPECT_STREQ(read.disk, "/dev/vda");
  EXPECT_STREQ(read.hostname, "bench");
  EXPECT_STREQ(read.address, "10.0.2.15/24");
  EXPECT_STREQ(read.gateway, "10.0.2.2");
  EXPECT_STREQ(read.nameserver, "10.0.2.3");
  EXPECT_STREQ(read.nonce, "NONCE");
  EXPECT_EQ(read.stop_signal, 37);
  EXPECT_EQ(read.grace_ms, 1500);
}

TEST(GuestConfigText, RefusesWhatTheInitCannotHave) {
  const auto refused = [](const std::function<void(GuestConfig&)>& change) {
    GuestConfig config = some_config();
    change(config);
    return refusal([&] { guest_config_text(config, {}); });
  };
  EXPECT_THAT(refused([](GuestConfig& c) { c.command.clear(); }), HasSubstr("no program to start"));
  EXPECT_THAT(refused([](GuestConfig& c) { c.command.emplace_back("a\0b", 3); }), HasSubstr("NUL"));
  EXPECT_THAT(refused([](GuestConfig& c) { c.workdir = "srv"; }), HasSubstr("not absolute"));
  const std::string nameless = refused([](GuestConfig& c) { c.environment = {"=secret"}; });
  EXPECT_THAT(nameless, HasSubstr("without a name"));
  EXPECT_THAT(nameless, Not(HasSubstr("secret")));
  EXPECT_THAT(refused([](GuestConfig& c) { c.environment = {"NAME"}; }), HasSubstr("NAME"));
}

TEST(GuestConfigText, IsRefusedWhenItIsCutOff) {
  const std::string text = guest_config_text(some_config(), {});
  const auto read = [](std::string part) {
    struct config found {};
    const char* wrong = read_config(part.data(), part.size(), &found);
    return std::string(wrong == nullptr ? "" : wrong);
  };
  EXPECT_EQ(read(text), "");
  EXPECT_EQ(read(""), "the configuration is cut off");
  EXPECT_EQ(read(text.substr(0, text.size() - 1)), "the configuration is cut off");
  EXPECT_EQ(read(std::string("bench-init 2\0", 13)), "the configuration is of another version");
  EXPECT_EQ(read(std::string("bench-init 1\0arg\0", 17)), "the configuration is cut off");
  EXPECT_EQ(read(std::string("bench-init 1\0disk\0x\0", 20)), "the configuration names no program");
  EXPECT_NE(read(text + std::string("signal\0x\0", 9)), "");
  EXPECT_NE(read(text + std::string("colour\0"
                                    "1\0",
                                    9)),
            "");
}

TEST(StopSignal, IsReadAsImagesWriteIt) {
  EXPECT_EQ(stop_signal_number(""), SIGTERM);
  EXPECT_EQ(stop_signal_number("SIGINT"), SIGINT);
  EXPECT_EQ(stop_signal_number("quit"), SIGQUIT);
  EXPECT_EQ(stop_signal_number("28"), SIGWINCH);
  EXPECT_EQ(stop_signal_number("SIGWINCH"), SIGWINCH);
  EXPECT_EQ(stop_signal_number("SIGRTMIN+3"), 37) << "what systemd's images have";
  EXPECT_EQ(stop_signal_number("RTMAX-1"), 63);
  EXPECT_EQ(stop_signal_number("SIGRTMIN"), 34);
  for (const char* none :
       {"SIG", "SIGNONE", "0", "65", "-1", "9x", "SIGRTMIN-1", "SIGRTMIN+31", "SIGRTMAX+1"}) {
    EXPECT_NE(refusal([&] { stop_signal_number(none); }), "") << none;
  }
}

}  // namespace
}  // namespace bench::test
