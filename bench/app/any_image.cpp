#include "bench/app/any_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/base/error.h"
#include "bench/images/any/any_image.h"
#include "bench/images/any/builder.h"
#include "bench/images/any/podman_store.h"
#include "bench/images/any/start_probe.h"
#include "bench/images/oci/image.h"
#include "bench/measure/start_report.h"

namespace bench {
namespace {

Driver* holder(const std::string& reference, const std::vector<std::pair<const DriverRow*, Driver*>>& engines,
               std::vector<std::unique_ptr<Driver>>& opened, const DriverOptions& options) {
  for (const auto& [row, engine] : engines) {
    if (row->holds_images) return engine;
  }
  for (const DriverRow& row : driver_table()) {
    if (!row.holds_images || !row.built) continue;
    opened.push_back(row.make(options));
    return opened.back().get();
  }
  throw Error(ErrorCode::kUnavailable,
              fmt::format("this build has no engine that could have the image {}", reference),
              "name a file: docker-archive:FILE, oci-archive:FILE or oci:DIR");
}

}  // namespace

void leave_out_imageless(OpenRequest& request, bool named) {
  const auto needs_a_system = [&](const TargetName& name) {
    return request.images.image && name.spec.app.empty() && name.artefact == Artefact::kFullDisk;
  };
  const auto first = std::find_if(request.names.begin(), request.names.end(), needs_a_system);
  if (first == request.names.end()) return;
  const std::string why = fmt::format("{} boots a whole system, which the image {} is not", first->name,
                                      request.images.image->reference);
  const char* remedy = "libvirt:direct boots the image's own files, with a kernel and an init of bench's";
  if (named) throw Error(ErrorCode::kUnavailable, why, remedy);
  request.warnings.push_back({why + ": it is left out", remedy});
  std::erase_if(request.names, needs_a_system);
}

namespace {

/// The first builder that works here. Docker's is none where its engine cannot be had.
void build_it(AnyImage& image, const std::vector<std::pair<const DriverRow*, Driver*>>& engines,
              std::vector<std::unique_ptr<Driver>>& opened, const DriverOptions& options) {
  const OwnBuild& build = *image.build;
  const std::vector<std::string> builders = builders_here(build);
  for (const std::string& program : builders) {
    options.progress(fmt::format("building {} with {}…", image.reference, program));
    if (program != "docker") {
      const BuiltImage built = build_in_own_store(build, program, options.progress, options.stop);
      image.builder = built.builder;
      image.engine_id = built.id;
      image.beside_engine = true;
      image.save = [program, built, stop = options.stop](const std::filesystem::path& to) {
        save_from_own_store(program, built, to, stop);
      };
      return;
    }
    Driver* engine = nullptr;
    ImageStoreAddress store;
    try {
      engine = holder(image.reference, engines, opened, options);
      store = engine->image_store();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnavailable || builders.size() == 1) throw;
      continue;
    }
    const BuiltImage built =
        build_with_docker(build, {store.host, store.no_way_out}, options.progress, options.stop);
    image.builder = built.builder;
    image.engine_id = built.id;
    image.own_name = built.name;
    image.save = [engine, id = built.id, stop = options.stop](const std::filesystem::path& to) {
      engine->save_image(id, to, stop);
    };
    return;
  }
}

}  // namespace

void find_in_engine(AnyImage& image, const std::vector<std::pair<const DriverRow*, Driver*>>& engines,
                    std::vector<std::unique_ptr<Driver>>& opened, DriverOptions options,
                    const std::function<void(const std::string&)>& progress, const std::stop_token& stop) {
  options.progress = progress;
  options.stop = stop;
  if (image.build) return build_it(image, engines, opened, options);
  if (names_image_file(image.reference)) return;
  if (names_podman_image(image.reference)) return find_in_podman(image, progress, stop);
  Driver* engine = holder(image.reference, engines, opened, options);
  image.engine_id = engine->find_image(image.reference, image.pull, stop);
  image.save = [engine, id = image.engine_id, stop](const std::filesystem::path& to) {
    engine->save_image(id, to, stop);
  };
}

std::vector<std::string> builder_words() {
  std::vector<std::string> words = {kAnyBuilder};
  words.insert(words.end(), kBuilders.begin(), kBuilders.end());
  return words;
}

std::vector<std::string> clean_builders() {
  return clean_built_images();
}

void ask_how_started(OpenTargets& open, const Ownership& owner, const std::stop_token& stop) {
  const auto is_asked = [](const Target& target) {
    return target.info.source.instrumentation == Instrumentation::kNone && target.images != nullptr;
  };
  if (std::none_of(open.targets.begin(), open.targets.end(), is_asked)) return;
  const StartProbe probe{start_probe_archive(), start_probe_command()};
  if (probe.archive.empty()) return;
  int number = 0;
  std::string limits;
  for (Target& target : open.targets) {
    if (!is_asked(target) || target.artefact != Artefact::kContainerArchive) continue;
    InstanceSpec spec;
    spec.name = fmt::format("bench-{}-start-{}", owner.pid, ++number);
    spec.owner = owner;
    spec.cpus = target.info.cpus;
    spec.memory_bytes = target.info.memory_bytes;
    spec.profile = target.info.profile;
    try {
      target.started_as = read_start_report(target.driver->start_report(*target.images, spec, probe, stop));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted) throw;
      open.warnings.push_back(
          {fmt::format("how {} starts the image's program is not known: {}", target.info.name, error.what()),
           error.remedy()});
    }
    if (limits.empty()) limits = target.started_as.limits.value_or("");
  }
  for (Target& target : open.targets) {
    if (is_asked(target) && target.artefact != Artefact::kContainerArchive) target.limits = limits;
  }
}

ImageSource source_of(const ImageSet& set, Artefact artefact) {
  ImageSource source = set.source;
  const auto disk = set.disks.find(artefact);
  if (disk != set.disks.end()) source.rootfs_sha256 = disk->second.rootfs_sha256;
  return source;
}

void warn_of_notes(const std::string& app, const ImageSource& source, std::vector<Warning>& warnings) {
  for (const std::string& note : source.notes) {
    const Warning warning{app.empty() ? note : fmt::format("{}: {}", app, note), ""};
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
  }
}

ImageSet prepare_set(const ImageRequest& request, std::stop_token stop) {
  return request.image ? prepare_any_image(request, std::move(stop))
                       : prepare_images(request, std::move(stop));
}

bool set_ready(const ImageRequest& request) {
  return request.image ? any_image_ready(request) : images_ready(request);
}

}  // namespace bench
