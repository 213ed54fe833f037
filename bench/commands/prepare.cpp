#include <fmt/format.h>

#include <memory>
#include <string>

#include "bench/app/run/root_need.h"
#include "bench/app/run/run_files.h"
#include "bench/app/run/run_lock.h"
#include "bench/commands/all_commands.h"
#include "bench/commands/run_options.h"
#include "bench/images/build/images.h"

namespace bench {

namespace {

void show(const ImageSet& set) {
  std::string text = fmt::format("images  {}\nbase    {}\napp     sha256 {}\nPython  {}\nFlask   {}\n",
                                 set.dir.string(), set.base, set.app_sha256, set.python, set.flask);
  if (!set.container.archive.empty()) text += fmt::format("container  {}\n", set.container.reference);
  for (const auto& [artefact, vm] : set.disks)
    text += fmt::format("vm:{:<7} {}\n", to_text(artefact), vm.disk.string());
  print_out(text);
}

}  // namespace

void add_prepare(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("prepare", "build the images (or find them), without measuring");
  struct Options {
    std::vector<std::string> targets;
    std::filesystem::path app;
    std::string base = "distribution";
    bool rebuild = false;
    bool shared = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("--targets", options->targets, "for which targets; default: those of `bench run`")
      ->expected(1)
      ->take_all();
  command->add_option("--app", options->app, "another Flask backend directory in place of the bundled one");
  command
      ->add_option("--base", options->base, "'distribution', or an image reference in a reachable registry")
      ->capture_default_str();
  command->add_flag("--rebuild", options->rebuild, "build again even what the cache holds");
  command->add_flag(
      "--shared", options->shared,
      "into /var/cache/bench (or BENCH_IMAGE_STORE), where every user of this host can read them");
  command->footer(
      "Examples:\n"
      "  bench prepare\n"
      "  bench prepare --targets docker,libvirt:direct,libvirt:full\n"
      "  bench prepare --app ./my-backend\n"
      "  sudo bench prepare --shared      once, for users who are not root\n\n"
      "The only command that needs the network. Images are kept under the user's cache directory by content "
      "hash.");
  command->callback([options, &context] {
    TargetOptions target;
    target.targets = split_targets(options->targets);
    target.app = options->app;
    target.base = options->base;
    OpenRequest request = target.request();
    require_apps(request.names);
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
    for (const auto& [app, images] : image_requests(request.names, request.images)) {
      show(prepare_images(images, context.stop));
    }
  });
}

}  // namespace bench
