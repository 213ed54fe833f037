#include <fmt/format.h>

#include <memory>
#include <string>

#include "bench/app/any_image.h"
#include "bench/app/run/root_need.h"
#include "bench/app/run/run_files.h"
#include "bench/app/run/run_lock.h"
#include "bench/commands/all_commands.h"
#include "bench/commands/run_options.h"
#include "bench/images/build/images.h"

namespace bench {

namespace {

void show(const ImageSet& set) {
  std::string text = fmt::format("images  {}\n", set.dir.string());
  if (set.source.kind != SourceKind::kDistribution) {
    text += fmt::format("{:<7} {} {}\n", to_text(set.source.kind), set.source.reference, set.source.digest);
    if (!set.source.builder.empty()) text += fmt::format("builder {}\n", set.source.builder);
    text += fmt::format("root file system  sha256 {}\n", set.source.rootfs_sha256);
  } else {
    text += fmt::format("base    {}\napp     sha256 {}\nPython  {}\nFlask   {}\n", set.base, set.app_sha256,
                        set.python, set.flask);
  }
  if (!set.container.archive.empty()) text += fmt::format("container  {}\n", set.container.reference);
  for (const auto& [artefact, vm] : set.disks)
    text += fmt::format("vm:{:<7} {}\n", to_text(artefact), vm.disk.string());
  print_out(text);
}

}  // namespace

void add_prepare(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("prepare", "build the images (or find them), without measuring");
  struct Options {
    TargetOptions target;
    bool rebuild = false;
    bool shared = false;
  };
  auto options = std::make_shared<Options>();
  command
      ->add_option_function<std::vector<std::string>>(
          "--targets",
          [options](const std::vector<std::string>& texts) {
            options->target.targets = split_targets(texts);
          },
          "for which targets; default: those of `bench run`")
      ->expected(1)
      ->take_all();
  add_image_options(*command, options->target);
  command->add_flag("--rebuild", options->rebuild, "build again even what the cache holds");
  command->add_flag(
      "--shared", options->shared,
      "into /var/cache/bench (or BENCH_IMAGE_STORE), where every user of this host can read them");
  command->footer(
      "Examples:\n"
      "  bench prepare\n"
      "  bench prepare --targets docker,libvirt:direct,libvirt:full\n"
      "  bench prepare --app ./my-backend\n"
      "  bench prepare --image docker-archive:nginx.tar\n"
      "  bench prepare --build ./my-app\n"
      "  sudo bench prepare --shared      once, for users who are not root\n\n"
      "The only command that needs the network. Images are kept under the user's cache directory by content "
      "hash.");
  command->callback([options, &context] {
    OpenRequest request = options->target.request();
    require_apps(request);
    request.images.rebuild = options->rebuild;
    request.images.shared = options->shared;
    request.images.progress = [&context](const std::string& text) { context.ui.step(text); };
    if (context.asks_root_need) {
      context.exit_code = answer_root_need(root_need(request, false, false));
      return;
    }
    const GiveBackCache cache;
    for (const Warning& warning : request.warnings) context.ui.warn(warning.text, warning.remedy);
    const RunLock lock;
    std::vector<std::unique_ptr<Driver>> engines;  // one that has the image, where it is no file
    if (request.images.image) {
      find_in_engine(*request.images.image, {}, engines, request.driver, request.images.progress,
                     context.stop);
    }
    for (const auto& [app, images] : image_requests(request.names, request.images)) {
      const ImageSet set = prepare_set(images, context.stop);
      show(set);
      std::vector<Warning> warnings;
      warn_of_notes(app, set.source, warnings);
      for (const Warning& warning : warnings) context.ui.warn(warning.text, warning.remedy);
    }
  });
}

}  // namespace bench
