#include "bench/images/weigh/tools.h"

#include <unistd.h>

#include <algorithm>

#include "bench/base/error.h"
#include "bench/base/paths.h"
#include "bench/images/build/recipe.h"
#include "bench/images/build/sha256.h"
#include "bench/images/weigh/layers.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// Raised when the code here changes what a figure means.
constexpr const char* kMethod = "size/1";

}  // namespace

fs::path app_layer_file(const ImageSet& images) {
  return images.source.kind == SourceKind::kDistribution ? images.dir / "app.tar" : fs::path();
}

Remainder remainder_of(const ImageSet& images) {
  return images.source.kind == SourceKind::kDistribution ? Remainder::kMachine : Remainder::kApp;
}

AppLayer read_app_layer(const ImageSet& images, std::stop_token stop) {
  AppLayer app;
  app.tar = app_layer_file(images);
  if (app.tar.empty()) return app;
  if (!fs::exists(app.tar)) {
    throw Error(ErrorCode::kUnavailable, app.tar.string() + " is missing",
                "build the images again: bench prepare --rebuild");
  }
  const auto note = [&](const LayerEntry& entry, const std::string&) {
    const std::string path = plain_path(entry.path);
    app.files.insert(path);
    app.epoch = std::max(app.epoch, entry.modified);
    if (entry.kind != 'f' || path.starts_with("opt/bench/")) return;
    // The topmost directory with a file of the app's: its files are listed before those below it or not, but
    // it is the shortest.
    const auto slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "/" : "/" + path.substr(0, slash);
    if (app.workdir.empty() || directory.size() < app.workdir.size()) app.workdir = directory;
  };
  read_layer(app.tar, note, {}, std::move(stop));
  if (app.workdir.empty()) app.workdir = "/opt/bench";
  return app;
}

void require_size_tools(const std::vector<std::string>& programs) {
  if (geteuid() != 0) {
    throw Error(
        ErrorCode::kUnavailable,
        "weighing an image for the first time needs root (its variants are built: files of other owners)",
        "run `sudo bench run size` once; the figures are remembered beside the image");
  }
  require_programs(programs);
}

ImageStore store_of(const ImageSet& images) {
  return ImageStore(images.dir.parent_path().parent_path().parent_path());
}

fs::path transfer_memory(const ImageSet& images) {
  return images.dir.parent_path().parent_path() / "transfer";
}

fs::path size_recipes() {
  return data_dir() / "backend" / "image" / "size";
}

std::string size_method() {
  const Recipes recipes(size_recipes(), {});
  const std::string common = sha256_of_file(size_recipes().parent_path() / "common.sh");
  return std::string(kMethod) + " " +
         Sha256().add_field(recipes.digest()).add_field(common).hex().substr(0, 16);
}

}  // namespace bench
