#include "bench/images/build/images.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <vector>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"
#include "bench/images/build/app_files.h"
#include "bench/images/build/app_notes.h"
#include "bench/images/build/apt_packages.h"
#include "bench/images/build/apt_sources.h"
#include "bench/images/build/docker_archive.h"
#include "bench/images/build/recipe.h"
#include "bench/images/build/sha256.h"
#include "bench/images/build/store.h"
#include "bench/images/build/stores.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// Raised when the code here changes what is in an image.
constexpr const char* kFormat = "images/2";
constexpr std::uintmax_t kSpaceNeeded = 3ULL << 30;
/// Quiet after its first line ("Linux version", the mark of the firmware's end): an emulated serial port
/// makes every byte expensive. What ends the guest still reaches the console. Without address randomisation,
/// or every boot would leave another amount of memory touched (docs/memory.md).
constexpr const char* kDirectCmdline = "console=ttyS0 root=/dev/vda panic=-1 loglevel=6 nokaslr";

std::string required_text(const fs::path& path) {
  std::optional<std::string> text = file_bytes(path);
  if (!text) throw Error(ErrorCode::kIo, "cannot read " + path.string());
  return *std::move(text);
}

std::string line_of(const fs::path& path, int number = 1) {
  std::ifstream file(path);
  std::string line;
  while (number-- > 0) std::getline(file, line);
  return line;
}

/// The key as a UUID: file systems of the same images get the same name.
std::string uuid_of(const std::string& key, const std::string& what) {
  const std::string hex = Sha256().add_field(key).add_field(what).hex();
  return fmt::format("{}-{}-4{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3),
                     hex.substr(17, 3), hex.substr(20, 12));
}

/// Everything that is known before anything is built, and offline.
struct BuildPlan {
  App app;
  Recipes recipes;
  fs::path backend;  ///< the bundled one, which holds the recipes and the probe
  std::string hash;  ///< of the request: same hash, same images
  bool registry;
};

BuildPlan plan_of(const ImageRequest& request) {
  const fs::path backend = data_dir() / "backend";
  const bool registry = request.base != "distribution";
  BuildPlan plan{read_app(request.app.empty() ? backend : request.app, !registry),
                 Recipes(backend / "image", request.progress), backend, "", registry};
  const Distribution distribution = this_distribution();
  plan.hash = Sha256()
                  .add_field(kFormat)
                  .add_field(kDirectCmdline)
                  .add_field(plan.recipes.digest())
                  .add_field(sha256_of_file(backend / "instrument" / "bench_probe.py"))
                  .add_field(plan.app.sha256)
                  .add_field(launch_script(plan.app.config))
                  .add_field(plan.app.requirements_text)
                  .add_field(wanted_rows(plan.app.requirements))
                  .add_field(places_text(plan.app))
                  .add_field(request.base)
                  .add_field(distribution.id)
                  .add_field(distribution.version)
                  .hex();
  return plan;
}

bool has_everything(const ImageSet& set, const ImageRequest& request) {
  return std::all_of(request.artefacts.begin(), request.artefacts.end(),
                     [&](Artefact artefact) { return set.has(artefact); });
}

/// Nothing when the images have to be built, or shall be.
std::optional<ImageSet> found(const BuildPlan& plan, const ImageRequest& request) {
  if (request.rebuild) return std::nullopt;
  for (const ImageStore& store :
       request.shared ? std::vector<ImageStore>{make_shared_image_store()} : image_stores()) {
    auto set = store.find(plan.hash);
    if (set && has_everything(*set, request)) return set;
  }
  return std::nullopt;
}

/// What was not taken as it was written is said of every run, whether its images were built or found.
ImageSet with_notes(ImageSet set, const BuildPlan& plan) {
  set.source.notes = app_notes(plan.app, set, !plan.registry);
  return set;
}

/// One build, under the lock.
class Builder {
 public:
  Builder(const ImageRequest& request, const BuildPlan& plan, ImageStore& store, std::stop_token stop)
      : request_(request), plan_(plan), store_(store), stop_(std::move(stop)) {}

  ImageSet build() {
    check_machine();
    sources_ = read_apt_sources(stop_);
    if (!plan_.registry) require_packages(plan_.app.requirements, stop_);
    make_base();
    make_dependencies();
    open_set();
    for (const Artefact artefact : request_.artefacts) {
      if (!set_.has(artefact)) make(artefact);
    }
    return set_;
  }

  fs::path kernel() {
    check_machine();
    sources_ = read_apt_sources(stop_);
    make_base();
    make_kernel();
    return kernel_;
  }

 private:
  [[nodiscard]] bool wants(Artefact artefact) const { return request_.artefacts.contains(artefact); }

  void make(Artefact artefact) {
    switch (artefact) {
      case Artefact::kContainerArchive:
        return make_container();
      case Artefact::kDirectDisk:
        return make_direct();
      case Artefact::kFullDisk:
        return make_full();
    }
  }

  void check_machine() const {
    if (geteuid() != 0) {
      throw Error(ErrorCode::kUnavailable, "building the images needs root (files of other owners, chroot)",
                  "run `sudo bench prepare --shared` once: every user of this host can read those images");
    }
    std::vector<std::string> programs = {"apt-get", "apt-config", "dpkg-deb", "tar", "chroot"};
    if (plan_.registry) {
      programs.insert(programs.end(), {"skopeo", "umoci"});
    } else {
      programs.emplace_back("mmdebstrap");
    }
    if (wants(Artefact::kDirectDisk) || wants(Artefact::kFullDisk))
      programs.insert(programs.end(), {"mke2fs", "qemu-img", "cpio"});
    if (wants(Artefact::kFullDisk)) programs.insert(programs.end(), {"sfdisk", "mformat", "mcopy"});
    require_programs(programs);
    std::error_code error;
    const auto space = fs::space(store_.root(), error);
    if (!error && space.available < kSpaceNeeded) {
      throw Error(ErrorCode::kIo,
                  fmt::format("{} has {} MiB left; building the images takes up to {} MiB",
                              store_.root().string(), space.available >> 20, kSpaceNeeded >> 20),
                  "free some space, or set BENCH_CACHE_DIR to a larger file system");
    }
  }

  void run(const std::string& recipe, const ImageStore::Draft& draft, Variables variables = {}) const {
    variables["BENCH_ARCH"] = sources_.architecture;
    variables["BENCH_SUITE"] = sources_.suite;
    if (!base_.empty()) variables["BENCH_BASE"] = base_.string();
    if (!epoch_.empty()) variables["BENCH_EPOCH"] = epoch_;
    if (!dependencies_.empty()) variables["BENCH_DEPENDENCIES"] = dependencies_.string();
    if (!kernel_.empty()) variables["BENCH_KERNEL"] = kernel_.string();
    if (!system_.empty()) variables["BENCH_SYSTEM"] = system_.string();
    if (!app_layer_.empty()) variables["BENCH_APP_LAYER"] = app_layer_.string();
    plan_.recipes.run(recipe, draft, variables, stop_);
  }

  static void write(const fs::path& path, const std::string& text, mode_t mode = 0644) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file)
      throw Error(ErrorCode::kIo, "cannot write " + path.string(), "free some space on that file system");
    chmod(path.c_str(), mode);
  }

  void make_base() {
    const std::string recipe = plan_.registry ? "from-container" : "base";
    Sha256 sum;
    sum.add_field(plan_.recipes.digest({"common.sh", recipe + ".sh"})).add_field(sources_.architecture);
    sum.add_field(request_.base);
    if (!plan_.registry) {
      for (const auto& line : sources_.lines) sum.add_field(line);
      for (const auto& [name, key] : sources_.keys) sum.add_field(name).add_field(key);
    }
    base_ = store_.stage("base", sum.hex(), request_.rebuild, [&](const ImageStore::Draft& draft) {
      write(draft.in() / "sources", fmt::format("{}\n", fmt::join(sources_.lines, "\n")));
      write(draft.in() / "apt.conf", sources_.proxy_conf);
      fs::create_directory(draft.in() / "keys");
      for (const auto& [name, key] : sources_.keys) write(draft.in() / "keys" / name, key);
      run(recipe, draft,
          {{"BENCH_SOURCES", draft.in() / "sources"},
           {"BENCH_APT_CONF", draft.in() / "apt.conf"},
           {"BENCH_KEYS", draft.in() / "keys"},
           {"BENCH_REFERENCE", request_.base}});
    });
    epoch_ = line_of(base_ / "epoch");
    // Built again with newer packages it is another base, whatever its directory is called.
    base_id_ = Sha256()
                   .add_field(base_.filename().string())
                   .add_field(required_text(base_ / "packages"))
                   .add_field(epoch_)
                   .hex();
  }

  void make_dependencies() {
    const std::string recipe = plan_.registry ? "pip" : "dependencies";
    Sha256 sum;
    sum.add_field(base_id_).add_field(plan_.recipes.digest({"common.sh", recipe + ".sh"}));
    const std::string wanted = wanted_rows(plan_.app.requirements);
    sum.add_field(wanted);
    if (plan_.registry) sum.add_field(plan_.app.requirements_text);
    dependencies_ =
        store_.stage("dependencies", sum.hex(), request_.rebuild, [&](const ImageStore::Draft& draft) {
          write(draft.in() / "wanted", wanted);
          write(draft.in() / "requirements.txt", plan_.app.requirements_text);
          run(recipe, draft,
              {{"BENCH_REQUIREMENTS", draft.in() / "wanted"},
               {"BENCH_REQUIREMENTS_TXT", draft.in() / "requirements.txt"}});
        });
    packages_ = required_text(dependencies_ / "packages");
  }

  /// The set's key is known now: its directory, what it has already, and the app's layer.
  void open_set() {
    set_.key = Sha256().add_field(plan_.hash).add_field(packages_).add_field(epoch_).hex();
    set_.dir = store_.set_dir(set_.key);
    if (auto found = store_.load(set_.key); found && !request_.rebuild) {
      set_ = *found;
    } else {
      set_.app_sha256 = plan_.app.sha256;
      set_.python = line_of(dependencies_ / "versions", 1);
      set_.flask = line_of(dependencies_ / "versions", 2);
      if (!plan_.registry) set_.installed = parse_installed(required_text(dependencies_ / "installed"));
      const Distribution distribution = this_distribution();
      set_.base =
          plan_.registry ? request_.base : fmt::format("{} {} (packages)", distribution.id, sources_.suite);
      set_.port = plan_.app.config.port;
    }
    const fs::path layer = set_.dir / "app.tar";
    if (!fs::exists(layer) || request_.rebuild) {
      const ImageStore::Draft draft(store_);
      const fs::path app = draft.in() / "app", probe = draft.in() / "probe";
      fs::create_directories(app);
      fs::create_directories(probe);
      copy_app(plan_.app, app);
      fs::copy_file(plan_.backend / "instrument" / "bench_probe.py", probe / "bench_probe.py");
      write(probe / "app.sha256", plan_.app.sha256 + "\n");
      write(probe / "run", launch_script(plan_.app.config), 0755);
      write(draft.in() / "places", places_text(plan_.app));
      run("app", draft,
          {{"BENCH_APP", app},
           {"BENCH_PLACES", draft.in() / "places"},
           {"BENCH_PROBE", probe},
           {"BENCH_WORKDIR", plan_.app.config.workdir}});
      publish(draft.out() / "layer.tar", layer);
    }
    app_layer_ = layer;
  }

  void make_container() {
    say("container: assembling the image…");
    const ImageStore::Draft draft(store_);
    const std::string reference = "bench/backend:" + set_.key.substr(0, 12);
    const std::vector<LayerFile> layers = {
        {kBaseLayer, base_ / "layer.tar", "FROM " + set_.base},
        {"dependencies", dependencies_ / "layer.tar", "RUN install -r requirements.txt"},
        {kAppLayer, app_layer_, "COPY . ."}};
    ContainerImage image = write_docker_archive(draft.out() / "container.tar", layers, plan_.app.config,
                                                sources_.architecture, reference, std::stoll(epoch_));
    image.archive = set_.dir / "container.tar";
    publish(draft.out() / "container.tar", image.archive);
    set_.container = image;
    store_.save(set_, plan_.hash);
    std::int64_t bytes = 0;
    for (const auto& layer : image.layers) bytes += layer.bytes;
    say(fmt::format("container: {} MiB in {} layers", bytes >> 20, image.layers.size()));
  }

  void make_kernel() {
    if (!kernel_.empty()) return;
    const std::string hash =
        Sha256()
            .add_field(base_id_)
            .add_field(plan_.recipes.digest({"common.sh", "kernel.sh", "initramfs-init"}))
            .hex();
    kernel_ = store_.stage("kernel", hash, request_.rebuild,
                           [&](const ImageStore::Draft& draft) { run("kernel", draft); });
  }

  void make_direct() {
    make_kernel();
    const ImageStore::Draft draft(store_);
    run("direct", draft, {{"BENCH_UUID", uuid_of(set_.key, "direct")}});
    VmImage vm;
    vm.disk = set_.dir / "direct.qcow2";
    vm.kernel = set_.dir / "vmlinuz";
    vm.initrd = set_.dir / "initrd.img";
    vm.cmdline = kDirectCmdline;
    vm.hears_power_button = false;  // direct-init does not listen to it
    for (const char* name : {"vmlinuz", "initrd.img"}) fs::copy_file(kernel_ / name, draft.out() / name);
    for (const char* name : {"direct.qcow2", "vmlinuz", "initrd.img"})
      publish(draft.out() / name, set_.dir / name);
    finish_vm(Artefact::kDirectDisk, vm);
  }

  void make_full() {
    make_kernel();
    const std::string hash = Sha256()
                                 .add_field(dependencies_.filename().string())
                                 .add_field(packages_)
                                 .add_field(kernel_.filename().string())
                                 .add_field(line_of(kernel_ / "release"))
                                 .add_field(plan_.recipes.digest({"common.sh", "system.sh"}))
                                 .hex();
    system_ = store_.stage("system", hash, request_.rebuild,
                           [&](const ImageStore::Draft& draft) { run("system", draft); });
    const ImageStore::Draft draft(store_);
    run("full", draft,
        {{"BENCH_UUID", uuid_of(set_.key, "full")}, {"BENCH_UUID_ESP", uuid_of(set_.key, "esp")}});
    VmImage vm;
    vm.disk = set_.dir / "full.qcow2";
    publish(draft.out() / "full.qcow2", vm.disk);
    finish_vm(Artefact::kFullDisk, vm);
  }

  void finish_vm(Artefact artefact, VmImage vm) {
    vm.kernel_release = line_of(kernel_ / "release");
    set_.disks[artefact] = vm;
    store_.save(set_, plan_.hash);
    say(fmt::format("VM {}: disk image of {} MiB", to_text(artefact), fs::file_size(vm.disk) >> 20));
  }

  void say(const std::string& line) const {
    if (request_.progress) request_.progress(line);
  }

  const ImageRequest& request_;
  const BuildPlan& plan_;
  ImageStore& store_;
  std::stop_token stop_;
  AptSources sources_;
  fs::path base_, dependencies_, kernel_, system_, app_layer_;
  std::string epoch_, base_id_, packages_;
  ImageSet set_;
};

}  // namespace

ImageSet prepare_images(const ImageRequest& request, std::stop_token stop) {
  const BuildPlan plan = plan_of(request);
  if (auto set = found(plan, request)) return with_notes(*std::move(set), plan);
  ImageStore store = request.shared ? make_shared_image_store() : own_image_store();
  const ImageStore::Lock lock(store, request.progress, stop);
  if (auto set = found(plan, request)) return with_notes(*std::move(set), plan);  // made by another meanwhile
  return with_notes(Builder(request, plan, store, stop).build(), plan);
}

fs::path prepare_kernel(const ImageRequest& request, std::stop_token stop) {
  const BuildPlan plan = plan_of(request);
  ImageStore store = request.shared ? make_shared_image_store() : own_image_store();
  const ImageStore::Lock lock(store, request.progress, stop);
  return Builder(request, plan, store, stop).kernel();
}

bool images_ready(const ImageRequest& request) {
  return found(plan_of(request), request).has_value();
}

std::string request_hash(const ImageRequest& request) {
  return plan_of(request).hash;
}

}  // namespace bench
