#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "bench/app/any_image.h"
#include "bench/app/run/run_files.h"
#include "bench/app/run/run_lock.h"
#include "bench/app/targets.h"
#include "bench/app/truth_apps.h"
#include "bench/base/error.h"
#include "bench/base/own_directory.h"
#include "bench/base/paths.h"
#include "bench/commands/all_commands.h"
#include "bench/images/build/images.h"
#include "drivers/driver.h"

namespace bench {
namespace {

std::string human(std::int64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

int clean(Ui& ui, bool images, const std::string& connect) {
  const RunLock lock;  // a run that is going on is not ours to clean away
  std::string text;
  bool trouble = false;
  for (const DriverRow& row : driver_table()) {
    if (!row.built) continue;
    DriverOptions options;
    options.connect = connect;
    options.start_private = false;
    try {
      const auto driver = row.make(options);
      for (const std::string& name : remove_leftovers(*driver))
        text += fmt::format("removed {} {}\n", row.name, name);
    } catch (const Error& error) {
      // No engine, nothing of ours in it. Anything else is worth a word.
      if (error.code() != ErrorCode::kUnavailable) {
        ui.warn(error.what(), error.remedy());
        trouble = true;
      }
    }
    if (row.clean == nullptr) continue;
    for (const std::string& line : row.clean()) text += line + "\n";
  }
  if (remove_truth_apps()) text += "removed the apps of a calibration\n";
  if (images) {
    for (const DriverRow& row : driver_table()) {
      if (!row.built || row.clean_images == nullptr) continue;
      try {
        for (const std::string& line : row.clean_images()) text += line + "\n";
      } catch (const Error& error) {
        ui.warn(error.what(), error.remedy());
        trouble = true;
      }
    }
    for (const std::string& line : clean_builders()) text += line + "\n";
    const std::int64_t bytes = image_cache_bytes();
    remove_image_cache();
    // The store of a private Docker daemon, by its mark or by what only ours holds.
    if (!remove_own_directory(std::filesystem::canonical(cache_dir()) / "docker", "containerd-root")) {
      ui.warn(fmt::format("{} stays: bench did not make it, or may not remove it",
                          (cache_dir() / "docker").string()),
              "remove it yourself if it is not needed");
    }
    text += fmt::format("removed the image cache ({})\n", human(bytes));
  }
  if (text.empty()) text = "nothing of ours was left\n";
  print_out(text);
  return trouble ? exit_code::kCouldNotMeasure : exit_code::kOk;
}

}  // namespace

void add_clean(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("clean", "remove everything that carries our label");
  struct Options {
    bool images = false;
    std::string connect;
  };
  auto options = std::make_shared<Options>();
  command->add_flag(
      "--images", options->images,
      "the images too: the cache, and what was loaded into Docker (the next run builds them again)");
  command->add_option("--connect", options->connect, "libvirt URI to look at");
  command->footer(
      "Examples:\n"
      "  bench clean            leftovers of a killed run: instances, overlays, sockets, a private daemon\n"
      "  bench clean --images   the image cache as well, and our images in Docker\n\n"
      "Never touches a container, VM, network or image that bench did not make, nor a stored run.");
  command->callback(
      [options, &context] { context.exit_code = clean(context.ui, options->images, options->connect); });
}

}  // namespace bench
