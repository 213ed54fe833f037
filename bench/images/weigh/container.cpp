#include <fmt/format.h>

#include <set>
#include <string_view>

#include "bench/base/error.h"
#include "bench/images/build/recipe.h"
#include "bench/images/weigh/layers.h"
#include "bench/images/weigh/memory.h"
#include "bench/images/weigh/package_files.h"
#include "bench/images/weigh/size.h"
#include "bench/images/weigh/tools.h"
#include "bench/images/weigh/transfer.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// All entries of a layer.
struct Unpacked {
  std::vector<LayerEntry> entries;
  std::int64_t disk = 0, apparent = 0;
};

/// The directories that a layer does not name and an engine makes nevertheless: its top, and those above its
/// files.
std::vector<LayerEntry> unnamed_directories(const std::vector<LayerEntry>& entries) {
  const auto bare = [](std::string_view path) {
    while (path.starts_with("./") || path.starts_with('/')) path.remove_prefix(path.starts_with('/') ? 1 : 2);
    while (path.ends_with('/')) path.remove_suffix(1);
    return path == "." ? std::string_view() : path;
  };
  std::set<std::string_view> named, needed{""};
  for (const LayerEntry& entry : entries) {
    const std::string_view path = bare(entry.path);
    if (entry.kind == 'd') named.insert(path);
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
      needed.insert(path.substr(0, slash));
    }
  }
  std::vector<LayerEntry> unnamed;
  for (const std::string_view path : needed) {
    if (!named.contains(path)) unnamed.push_back({.path = std::string(path), .kind = 'd'});
  }
  return unnamed;
}

Unpacked unpack(const fs::path& tar, PackageFiles& packages, const std::stop_token& stop) {
  Unpacked result;
  const auto wants = [](const LayerEntry& entry) { return PackageFiles::wants(plain_path(entry.path)); };
  const auto each = [&](const LayerEntry& entry, const std::string& content) {
    const std::string path = plain_path(entry.path);
    if (entry.kind == 'f' && PackageFiles::wants(path)) packages.add(path, content);
    result.entries.push_back(entry);
    result.disk += allocated_bytes(entry);
    if (entry.kind == 'f') result.apparent += entry.bytes;
  };
  read_layer(tar, each, wants, stop);
  for (const LayerEntry& directory : unnamed_directories(result.entries)) {
    result.entries.push_back(directory);
    result.disk += allocated_bytes(directory);
  }
  return result;
}

std::int64_t disk_of_layer(const fs::path& tar, const std::stop_token& stop) {
  PackageFiles ignored;
  return unpack(tar, ignored, stop).disk;
}

/// What two more apps on the same base add, and the slimmed image.
void weigh_variants(const AppLayer& app, const ImageStore::Draft& draft, const SizeRequest& request,
                    ImageSize& size, const std::stop_token& stop) {
  const Recipes recipes(size_recipes(), request.progress);
  recipes.run("container", draft,
              {{"BENCH_LAYERS", draft.in()},
               {"BENCH_WORKDIR", app.workdir},
               {"BENCH_EPOCH", std::to_string(app.epoch)}},
              stop);
  for (const int number : {2, 3}) {
    size.marginal.emplace_back(number, disk_of_layer(draft.out() / fmt::format("app-{}.tar", number), stop));
  }
  const fs::path slim = draft.out() / "slim.tar";
  size.slim_disk = disk_of_layer(slim, stop);
  if (request.progress) request.progress("container: compressing…");
  size.slim_transfer = compressed_bytes(slim, stop);
  size.notes["slim"] = "one layer, without documentation, manuals and translations";
}

ImageSize weigh_container(const ImageSet& images, const SizeRequest& request, const std::stop_token& stop) {
  const ContainerImage& image = images.container;
  require_size_tools({"tar"});
  ImageStore store = store_of(images);
  const ImageStore::Lock lock(store, request.progress, stop);
  const ImageStore::Draft draft(store);
  if (request.progress) request.progress("container: reading the layers…");
  const std::vector<fs::path> tars = extract_layers(image, draft.in(), stop);
  const AppLayer app = read_app_layer(images, stop);

  ImageSize size;
  size.layers = static_cast<int>(tars.size());
  PackageFiles packages;
  std::vector<Unpacked> layers;
  for (std::size_t i = 0; i < tars.size(); ++i) {
    layers.push_back(unpack(tars[i], packages, stop));
    size.disk += layers[i].disk;
    size.unpacked += layers[i].apparent;
    if (image.layers[i].role != kBaseLayer) size.unique += layers[i].disk;
  }
  const Attribution attribution(packages.database(remainder_of(images)), app.files);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool of_app = image.layers[i].role == kAppLayer;
    for (const auto& entry : layers[i].entries) {
      part(size.parts, of_app ? Category::kApp : attribution.of(entry.path)) += allocated_bytes(entry);
    }
  }

  std::vector<TransferFile> sent;
  for (std::size_t i = 0; i < tars.size(); ++i) {
    const std::string& id = image.layers[i].diff_id;
    sent.push_back({tars[i], id.substr(id.find(':') + 1)});
  }
  Compression compression(sent, transfer_memory(images), stop);  // beside what follows
  if (!app.tar.empty()) {
    weigh_variants(app, draft, request, size, stop);
  } else {
    size.notes["variants"] = kNoVariants;
    size.notes["attribution"] = packages.words();
  }
  size.transfer = compression.total();
  size.notes["transfer_method"] = kTransferMethod;
  return size;
}

}  // namespace

ImageSize measure_size(const ImageSet& images, Artefact artefact, const SizeRequest& request,
                       std::stop_token stop) {
  return artefact == Artefact::kContainerArchive
             ? measure_container_size(images, request, std::move(stop))
             : measure_vm_size(images, artefact, request, std::move(stop));
}

ImageSize measure_container_size(const ImageSet& images, const SizeRequest& request, std::stop_token stop) {
  if (images.container.archive.empty()) {
    throw Error(ErrorCode::kUnavailable, "no container image was built", "build it: bench prepare");
  }
  const SizeMemory memory(images, to_text(Artefact::kContainerArchive),
                          {images.container.archive, app_layer_file(images)}, size_method());
  if (!request.fresh) {
    if (auto known = memory.recall()) return *known;
  }
  ImageSize size = weigh_container(images, request, stop);
  memory.keep(size);
  return size;
}

}  // namespace bench
