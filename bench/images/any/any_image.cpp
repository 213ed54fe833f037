#include "bench/images/any/any_image.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "bench/images/any/builder.h"
#include "bench/images/any/docker_form.h"
#include "bench/images/any/guest_of.h"
#include "bench/images/any/podman_store.h"
#include "bench/images/boot/guest_init.h"
#include "bench/images/boot/initramfs.h"
#include "bench/images/boot/kernel.h"
#include "bench/images/build/recipe.h"
#include "bench/images/build/sha256.h"
#include "bench/images/build/stores.h"
#include "bench/images/oci/image.h"
#include "bench/images/oci/unpack.h"
#include "bench/images/tree/digest.h"
#include "bench/images/tree/ext4_make.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

/// Raised when the code here changes what is in an image.
constexpr const char* kFormat = "any/2";

/// What decides which kernel it is, without reading one that is fetched.
std::string kernel_identity(const AnyImage& any) {
  if (any.kernel == kHostKernel) {
    utsname host{};
    uname(&host);
    return std::string("host ") + static_cast<const char*>(host.release);
  }
  return any.kernel == kDistributionKernel ? any.kernel : sha256_of_file(any.kernel);
}

std::string hash_of(const AnyImage& any, const std::string& id) {
  return Sha256()
      .add_field(kFormat)
      .add_field(id)
      .add_field(kernel_identity(any))
      .add_field(kImageCmdline)
      .add_field(guest_init())
      .hex();
}

bool has_everything(const ImageSet& set, const ImageRequest& request) {
  return std::all_of(request.artefacts.begin(), request.artefacts.end(),
                     [&](Artefact artefact) { return set.has(artefact); });
}

std::optional<ImageSet> found(const std::string& hash, const ImageRequest& request) {
  if (request.rebuild) return std::nullopt;
  for (const ImageStore& store :
       request.shared ? std::vector<ImageStore>{make_shared_image_store()} : image_stores()) {
    auto set = store.find(hash);
    if (set && has_everything(*set, request)) return set;
  }
  return std::nullopt;
}

/// The ports that an image exposes, without those of other protocols.
std::vector<int> tcp_ports(const ImageConfig& config) {
  std::vector<int> ports;
  for (const std::string& exposed : config.exposed_ports) {
    int port = 0;
    const char* end = exposed.data() + exposed.size();
    const auto [rest, failed] = std::from_chars(exposed.data(), end, port);
    const std::string_view protocol(rest, static_cast<std::size_t>(end - rest));
    if (failed == std::errc{} && (protocol.empty() || protocol == "/tcp")) ports.push_back(port);
  }
  return ports;
}

/// One that is the only one, or 0.
int default_port(const ImageConfig& config) {
  const std::vector<int> ports = tcp_ports(config);
  return ports.size() == 1 ? ports.front() : 0;
}

/// The set as this request sees it: its name for the image, and its port.
ImageSet as_asked(ImageSet set, const AnyImage& any) {
  set.source.kind = any.build ? SourceKind::kBuild : SourceKind::kImage;
  set.source.reference = any.reference;
  set.source.builder = any.builder;
  set.port = any.port.value_or(set.port);
  if (set.port == 0) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the image {} does not say where its app listens", any.reference),
                "name the port: --port N");
  }
  return set;
}

/// One preparation, under the lock.
class Preparation {
 public:
  /// `kernel`: where a disk is asked for.
  Preparation(const ImageRequest& request, std::string hash, const std::optional<GuestKernel>& kernel,
              ImageStore& store, std::stop_token stop)
      : request_(request),
        any_(*request.image),
        hash_(std::move(hash)),
        kernel_(kernel),
        store_(store),
        draft_(store),
        stop_(std::move(stop)) {}

  ImageSet prepare() {
    open();
    if (!set_.has(Artefact::kContainerArchive)) keep_archive();
    const bool disk = kernel_ && !set_.has(Artefact::kDirectDisk);
    // Whoever is not root cannot give files to others: then the digest of the container's side stays unknown.
    if (disk || (geteuid() == 0 && set_.source.rootfs_sha256.empty())) unpack_once();
    if (disk) make_disk();
    store_.save(set_, hash_);
    return set_;
  }

 private:
  void say(const std::string& line) const {
    if (request_.progress) request_.progress(line);
  }

  void open() {
    set_.key = hash_;
    set_.dir = store_.set_dir(hash_);
    if (auto there = store_.load(hash_); there && !request_.rebuild) set_ = *there;
    if (any_.save) {
      archive_ = set_.container.archive;
      if (archive_.empty()) {
        archive_ = (any_.beside_engine ? draft_.work() : draft_.out()) / "container.tar";
        say(fmt::format("taking the image {} out of its engine…", any_.reference));
        any_.save(archive_);
      }
    }
    image_ = open_image(any_.save ? "docker-archive:" + archive_.string() : any_.reference);
    if (image_.config.entrypoint.empty() && image_.config.cmd.empty()) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("the image {} says no command (ENTRYPOINT, CMD)", any_.reference),
                  "name an image that starts something");
    }
    set_.source = {SourceKind::kImage,        any_.reference,         image_.id,
                   set_.source.rootfs_sha256, Instrumentation::kNone, {}};
    set_.base = any_.reference;
    set_.port = default_port(image_.config);
    (void)as_asked(set_, any_);  // before minutes are spent
  }

  void keep_archive() {
    ContainerImage container;
    const bool in_engine = any_.save && !any_.beside_engine;
    container.id = in_engine ? any_.engine_id : image_.id;
    // An image of the engine's is found there by its id, and keeps the names that its user gave it.
    container.reference = in_engine ? any_.own_name : own_image_name(image_.id);
    for (const OciLayer& layer : image_.layers) {
      container.layers.push_back({"image", layer.diff_id, layer.bytes, layer.blob});
    }
    container.archive = set_.dir / "container.tar";
    if (in_engine) {
      publish(archive_, container.archive);
      image_ = open_image("docker-archive:" + container.archive.string());
    } else {
      const fs::path half = draft_.out() / "container.tar";
      const std::vector<std::string> names = write_docker_form(image_, container.reference, half);
      for (std::size_t i = 0; i < names.size(); ++i) container.layers[i].member = names[i];
      publish(half, container.archive);
    }
    set_.container = container;
  }

  void unpack_once() {
    say(fmt::format("unpacking {} layers of {}…", image_.layers.size(), any_.reference));
    tree_ = draft_.work() / "rootfs";
    fs::create_directories(tree_);
    unpack(image_, tree_, stop_);
    set_.source.rootfs_sha256 = tree_digest(tree_, stop_).sha256;
  }

  void make_disk() {
    require_programs({"mke2fs", "qemu-img"});
    say("VM: making the disk with the image's files…");
    const fs::path raw = draft_.work() / "root.ext4";
    make_ext4(tree_, raw, {}, stop_);
    VmImage vm;
    vm.rootfs_sha256 = ext4_digest(raw, 0, stop_).sha256;
    if (vm.rootfs_sha256 != set_.source.rootfs_sha256) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("the disk made of {} does not hold the image's files: {} against {}",
                              any_.reference, vm.rootfs_sha256, set_.source.rootfs_sha256),
                  "report this with the image: it is a fault of bench");
    }
    check_command(
        {"qemu-img", "convert", "-O", "qcow2", raw.string(), (draft_.out() / "direct.qcow2").string()}, {},
        stop_);
    fs::copy_file(kernel_->image, draft_.out() / "vmlinuz");
    write_image_initramfs(*kernel_, guest_of(image_.config), draft_.out() / "initrd.img");
    vm.disk = set_.dir / "direct.qcow2";
    vm.kernel = set_.dir / "vmlinuz";
    vm.initrd = set_.dir / "initrd.img";
    vm.cmdline = kImageCmdline;
    vm.kernel_release = kernel_->release;
    for (const char* name : {"direct.qcow2", "vmlinuz", "initrd.img"}) {
      publish(draft_.out() / name, set_.dir / name);
    }
    set_.disks[Artefact::kDirectDisk] = vm;
    say(fmt::format("VM direct: disk image of {} MiB, kernel {}", fs::file_size(vm.disk) >> 20,
                    kernel_->release));
  }

  const ImageRequest& request_;
  const AnyImage& any_;
  std::string hash_;
  const std::optional<GuestKernel>& kernel_;
  ImageStore& store_;
  ImageStore::Draft draft_;
  std::stop_token stop_;
  fs::path archive_, tree_;
  OciImage image_;
  ImageSet set_;
};

/// [HOST[:PORT]/]NAME[:TAG][@DIGEST] or an id: what the path of an engine's API can carry.
bool is_engine_reference(const std::string& text) {
  static const std::regex form(
      "[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"
      "(@[a-z0-9+._-]+:[0-9a-f]{32,})?");
  return text.size() <= 512 && std::regex_match(text, form);
}

/// Empty for an image of an engine's that has not been found yet.
std::string id_of(const AnyImage& any) {
  if (any.save) return any.engine_id;
  if (any.build) return "";  // not built yet
  return names_image_file(any.reference) ? open_image(any.reference).id : std::string();
}

}  // namespace

void require_any_image(const AnyImage& image) {
  if (image.build) {
    (void)builders_here(*image.build);
  } else if (names_image_file(image.reference)) {
    (void)open_image(image.reference);
  } else if (!is_engine_reference(names_podman_image(image.reference) ? podman_name(image.reference)
                                                                      : image.reference)) {
    throw Error(ErrorCode::kUsage, fmt::format("--image {} is no name of an image", image.reference),
                fs::is_directory(image.reference) ? fmt::format("did you mean oci:{}?", image.reference)
                : fs::exists(image.reference)
                    ? fmt::format("did you mean docker-archive:{}?", image.reference)
                    : "NAME[:TAG] of an engine, containers-storage:NAME, docker-archive:FILE, "
                      "oci-archive:FILE or oci:DIR[:TAG]");
  }
  const bool file = image.kernel != kDistributionKernel && image.kernel != kHostKernel;
  if (file) (void)kernel_release(image.kernel);
  if (!file && !image.modules.empty()) {
    throw Error(ErrorCode::kUsage, "--modules belongs to a kernel's file, and none is named",
                "name it: --kernel FILE");
  }
  if (!image.modules.empty() && !fs::is_directory(image.modules)) {
    throw Error(ErrorCode::kUsage, fmt::format("--modules {} is not a directory", image.modules.string()),
                "name the directory with the kernel's modules, such as /lib/modules/6.1.0");
  }
}

ImageSet prepare_any_image(const ImageRequest& request, std::stop_token stop) {
  const AnyImage& any = *request.image;
  const std::string hash = hash_of(any, id_of(any));
  if (auto set = found(hash, request)) return as_asked(*std::move(set), any);
  if (request.artefacts.contains(Artefact::kDirectDisk) && geteuid() != 0) {
    throw Error(
        ErrorCode::kUnavailable, "making a disk of an image's files needs root (they have other owners)",
        "run `sudo bench prepare --shared --image` once: every user of this host can read those images");
  }
  // A kernel is kept in the same store, under the same lock.
  std::optional<GuestKernel> kernel;
  if (request.artefacts.contains(Artefact::kDirectDisk)) {
    kernel = find_kernel({any.kernel, any.modules}, request, stop);
  }
  ImageStore store = request.shared ? make_shared_image_store() : own_image_store();
  const ImageStore::Lock lock(store, request.progress, stop);
  if (auto set = found(hash, request)) return as_asked(*std::move(set), any);  // made while we waited
  return as_asked(Preparation(request, hash, kernel, store, std::move(stop)).prepare(), any);
}

bool any_image_ready(const ImageRequest& request) {
  const std::string id = id_of(*request.image);
  return !id.empty() && found(hash_of(*request.image, id), request).has_value();
}

}  // namespace bench
