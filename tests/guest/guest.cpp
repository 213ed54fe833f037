#include "guest/guest.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/base/files.h"
#include "bench/base/subprocess.h"
#include "drivers/libvirt/domain/kernel_quirks.h"
#include "drivers/libvirt/domain/variables_disk.h"
#include "support/http_get.h"

namespace bench::test {

namespace {

constexpr std::chrono::milliseconds kPause{50};

std::uint16_t free_port() {
  const int any = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(any, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(any, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  close(any);
  return ntohs(address.sin_port);
}

}  // namespace

unsigned long qemu_version() {
  const std::string text = check_command({"qemu-system-x86_64", "--version"});
  unsigned long major = 0, minor = 0, micro = 0;
  if (std::sscanf(text.c_str(), "QEMU emulator version %lu.%lu.%lu", &major, &minor, &micro) < 2) {
    throw std::runtime_error("no version of QEMU in: " + text);
  }
  return major * 1000000 + minor * 1000 + micro;
}

Guest::Guest(const GuestKernel& kernel, const std::filesystem::path& tree, const GuestConfig& config,
             const Variables& variables)
    : port_(free_port()) {
  const auto file = [&](const char* name) { return (dir_.path() / name).string(); };
  write_image_initramfs(kernel, config, file("initrd"));
  check_command(
      {"mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0", "-d", tree.string(), file("disk"), "16m"});
  std::string cpu = "max";
  for (const auto& feature : features_that_break(kernel.release, qemu_version(), Acceleration::kTcg)) {
    cpu += "," + feature + "=off";
  }
  std::vector<std::string> command = {"qemu-system-x86_64",
                                      "-machine",
                                      "q35,usb=off",
                                      "-accel",
                                      "tcg",
                                      "-cpu",
                                      cpu,
                                      "-m",
                                      "256",
                                      "-nodefaults",
                                      "-no-user-config",
                                      "-display",
                                      "none",
                                      "-no-reboot",
                                      "-kernel",
                                      kernel.image.string(),
                                      "-initrd",
                                      file("initrd"),
                                      "-append",
                                      kImageCmdline,
                                      "-serial",
                                      "file:" + file("console"),
                                      "-monitor",
                                      "unix:" + file("monitor") + ",server=on,wait=off",
                                      "-drive",
                                      "file=" + file("disk") + ",if=virtio,format=raw",
                                      "-netdev",
                                      fmt::format("user,id=n,hostfwd=tcp:127.0.0.1:{}-:80", port_),
                                      "-device",
                                      "virtio-net-pci,netdev=n,romfile=",
                                      "-smbios",
                                      "type=1,serial=nonce-of-the-trial"};
  if (!variables.empty()) {
    make_variables_disk(variables, file("variables"));
    command.insert(command.end(),
                   {"-drive", "file=" + file("variables") + ",if=virtio,format=raw,readonly=on"});
  }
  pid_ = spawn_daemon(command, dir_.path() / "qemu.log");
}

Guest::~Guest() {
  if (pid_ > 0) kill(pid_, SIGKILL);
  static_cast<void>(ends(Seconds(5)));
}

std::string Guest::ask(Seconds patience) const {
  // QEMU takes a connection before the guest listens, and one made then may hang: each has only a moment.
  for (const auto end = Clock::now() + patience; Clock::now() < end; std::this_thread::sleep_for(kPause)) {
    const auto answer = http_get(port_, "/", Seconds(0.5));
    if (answer && answer->status == 200) return answer->body;
  }
  return {};
}

bool Guest::says(const std::string& words, Seconds patience) const {
  for (const auto end = Clock::now() + patience; Clock::now() < end; std::this_thread::sleep_for(kPause)) {
    if (console().find(words) != std::string::npos) return true;
  }
  return false;
}

void Guest::press_power_button() const {
  const int monitor = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (dir_.path() / "monitor").string();
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const std::string words = "system_powerdown\n";
  if (connect(monitor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      write(monitor, words.data(), words.size()) < 0) {
    throw std::runtime_error("no monitor");
  }
  std::this_thread::sleep_for(kPause);
  close(monitor);
}

bool Guest::ends(Seconds patience) {
  for (const auto end = Clock::now() + patience; pid_ > 0 && Clock::now() < end;
       std::this_thread::sleep_for(kPause)) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_ || kill(pid_, 0) != 0) pid_ = -1;
  }
  return pid_ == -1;
}

std::string Guest::console() const {
  return file_text(dir_.path() / "console");
}

}  // namespace bench::test
