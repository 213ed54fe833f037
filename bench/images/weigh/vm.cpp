#include <fmt/format.h>

#include <fstream>
#include <map>
#include <optional>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "bench/images/build/recipe.h"
#include "bench/images/weigh/disk_map.h"
#include "bench/images/weigh/ext4.h"
#include "bench/images/weigh/memory.h"
#include "bench/images/weigh/package_files.h"
#include "bench/images/weigh/size.h"
#include "bench/images/weigh/tools.h"
#include "bench/images/weigh/transfer.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// The disk as a raw file, and what is where in it.
struct Disk {
  fs::path raw;
  std::vector<Extent> stored;
  Extent root;
  std::optional<Extent> esp;
};

Disk open_disk(const VmImage& vm, const fs::path& raw, const std::stop_token& stop) {
  Disk disk{raw, stored_extents(vm.disk, stop), {0, virtual_bytes(vm.disk, stop)}, std::nullopt};
  check_command({"qemu-img", "convert", "-O", "raw", vm.disk.string(), raw.string()}, {}, stop);
  if (!vm.uefi()) return disk;  // the file system is the whole disk
  for (const auto& partition : partitions(raw, stop)) {
    if (partition.efi_system) {
      disk.esp = partition;
    } else {
      disk.root = partition;
    }
  }
  return disk;
}

PackageFiles read_packages(const Ext4& root, const std::vector<Ext4File>& files) {
  PackageFiles packages;
  for (const auto& file : files) {
    const std::string path = plain_path(file.path);
    if (file.kind == 'f' && PackageFiles::wants(path)) packages.add(path, root.read(file.path).value_or(""));
  }
  return packages;
}

/// Each stored block goes to the file that it is of; all others are the file system's.
void attribute_root(const Disk& disk, const Ext4& root, const std::vector<Ext4File>& files,
                    const Attribution& attribution, Parts& parts) {
  const std::int64_t block_bytes = root.block_bytes();
  std::int64_t of_files = 0;
  for (const auto& file : files) {
    std::int64_t bytes = 0;
    for (const std::uint64_t block : file.blocks) {
      bytes += stored_bytes(disk.stored,
                            {disk.root.begin + static_cast<std::int64_t>(block) * block_bytes, block_bytes});
    }
    part(parts, attribution.of(file.path)) += bytes;
    of_files += bytes;
  }
  part(parts, Category::kFilesystem) += stored_bytes(disk.stored, disk.root) - of_files;
}

Category category_in_esp(const fs::path& name) {
  const std::string file = name.filename().string();
  const bool kernel = file.starts_with("vmlinuz") || file.starts_with("initrd");
  return kernel ? Category::kKernel : Category::kFirmware;
}

/// The files of the EFI system partition, by their names; its tables and gaps are the file system's.
void attribute_esp(const Disk& disk, const fs::path& scratch, Parts& parts, const std::stop_token& stop) {
  if (!disk.esp) return;
  fs::create_directories(scratch);
  check_command({"mcopy", "-s", "-n", "-i", fmt::format("{}@@{}", disk.raw.string(), disk.esp->begin), "::*",
                 scratch.string() + "/"},
                {}, stop);
  std::int64_t of_files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(scratch)) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = static_cast<std::int64_t>(entry.file_size());
    part(parts, category_in_esp(entry.path())) += bytes;
    of_files += bytes;
  }
  part(parts, Category::kFilesystem) += stored_bytes(disk.stored, *disk.esp) - of_files;
}

void write_paths(const fs::path& to, const std::vector<Ext4File>& files) {
  std::ofstream out(to, std::ios::binary);
  for (const auto& file : files) {
    if (!file.path.empty() && file.path.find('\n') == std::string::npos) {
      out << file.kind << ' ' << file.path << '\n';
    }
  }
  out.close();
  if (!out) throw Error(ErrorCode::kIo, "cannot write " + to.string(), "free some space on that file system");
}

std::int64_t optional_file(const fs::path& path) {
  return path.empty() ? 0 : allocated_file_bytes(path);
}

/// What can be read off the files at once.
void weigh_files(const VmImage& vm, ImageSize& size) {
  size.unique = allocated_file_bytes(vm.disk);
  size.disk = size.unique + optional_file(vm.kernel) + optional_file(vm.initrd);
}

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Two more apps and a slimmed disk, in the draft's out().
void build_variants(const Disk& disk, const VmImage& vm, const AppLayer& app, const ImageStore::Draft& draft,
                    const SizeRequest& request, const std::stop_token& stop) {
  Variables variables = {{"BENCH_RAW", disk.raw},
                         {"BENCH_ROOT", std::to_string(disk.root.begin)},
                         {"BENCH_PATHS", draft.in() / "paths"},
                         {"BENCH_APP_LAYER", app.tar},
                         {"BENCH_WORKDIR", app.workdir},
                         {"BENCH_EPOCH", std::to_string(app.epoch)}};
  if (!vm.initrd.empty()) variables["BENCH_INITRD"] = vm.initrd;
  if (disk.esp) {
    variables["BENCH_ESP"] = std::to_string(disk.esp->begin);
    variables["BENCH_ESP_BYTES"] = std::to_string(disk.esp->bytes);
  }
  Recipes(size_recipes(), request.progress).run("vm", draft, variables, stop);
  flush_tree(draft.out());  // what is allocated is known when it is written
}

/// What two more apps on the same base add, and the slimmed disk.
void weigh_variants(const Disk& disk, const VmImage& vm, const AppLayer& app,
                    const std::vector<Ext4File>& files, const ImageStore::Draft& draft,
                    const ImageSet& images, const SizeRequest& request, ImageSize& size,
                    const std::stop_token& stop) {
  write_paths(draft.in() / "paths", files);
  build_variants(disk, vm, app, draft, request, stop);
  for (const int number : {2, 3}) {
    size.marginal.emplace_back(number,
                               allocated_file_bytes(draft.out() / fmt::format("app-{}.qcow2", number)));
  }
  std::vector<TransferFile> slim{{draft.out() / "slim-plain.qcow2", ""}};
  size.slim_disk = allocated_file_bytes(draft.out() / "slim.qcow2");
  if (!vm.kernel.empty()) {
    slim.push_back({vm.kernel, ""});
    slim.push_back({draft.out() / "slim-initrd.img", ""});
    for (std::size_t i = 1; i < slim.size(); ++i) size.slim_disk += allocated_file_bytes(slim[i].path);
  }
  size.slim_transfer = Compression(slim, transfer_memory(images), stop).total();
  size.notes["slim"] = fmt::format("qcow2 compressed with {}, without documentation, manuals, translations{}",
                                   first_line(draft.out() / "compression"),
                                   disk.esp ? ", modules for other hardware, a second kernel" : "");
}

ImageSize weigh_vm(const ImageSet& images, Artefact artefact, const SizeRequest& request,
                   const std::stop_token& stop) {
  const VmImage& vm = images.disks.at(artefact);
  const auto say = [&](const std::string& line) {
    if (request.progress) request.progress(fmt::format("VM {}: {}…", to_text(artefact), line));
  };
  require_size_tools({"tar", "qemu-img", "debugfs", "e2fsck"});
  if (vm.uefi()) require_size_tools({"sfdisk", "mcopy", "mformat"});
  ImageStore store = store_of(images);
  const ImageStore::Lock lock(store, request.progress, stop);
  const ImageStore::Draft draft(store);
  const AppLayer app = read_app_layer(images, stop);

  ImageSize size;
  weigh_files(vm, size);
  size.layers = 1;
  say("reading the disk");
  const Disk disk = open_disk(vm, draft.in() / "disk.raw", stop);
  size.unpacked = virtual_bytes(vm.disk, stop);
  for (const auto& file : {vm.kernel, vm.initrd}) {
    if (file.empty()) continue;
    size.unpacked += static_cast<std::int64_t>(fs::file_size(file));
    part(size.parts, Category::kKernel) += allocated_file_bytes(file);
  }
  std::vector<Ext4File> files;
  {
    const Ext4 root(disk.raw, disk.root.begin);
    root.walk([&](const Ext4File& file) {
      if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted while reading a disk");
      files.push_back(file);
    });
    PackageFiles packages = read_packages(root, files);
    const Attribution attribution(packages.database(remainder_of(images)), app.files);
    if (app.tar.empty()) size.notes["attribution"] = packages.words();
    attribute_root(disk, root, files, attribution, size.parts);
  }
  attribute_esp(disk, draft.in() / "esp", size.parts, stop);
  // Outside the partitions, and the image format's own tables.
  const std::int64_t all = stored_bytes(disk.stored, {0, size.unpacked});
  const std::int64_t in_partitions =
      stored_bytes(disk.stored, disk.root) + (disk.esp ? stored_bytes(disk.stored, *disk.esp) : 0);
  part(size.parts, Category::kFilesystem) += all - in_partitions;
  part(size.parts, Category::kFilesystem) += std::max<std::int64_t>(0, allocated_file_bytes(vm.disk) - all);

  std::vector<TransferFile> whole{{vm.disk, ""}};
  for (const auto& file : {vm.kernel, vm.initrd}) {
    if (!file.empty()) whole.push_back({file, ""});
  }
  Compression compression(whole, transfer_memory(images), stop);  // beside what follows
  if (!app.tar.empty()) {
    weigh_variants(disk, vm, app, files, draft, images, request, size, stop);
  } else {
    size.notes["variants"] = kNoVariants;
  }
  say("compressing");
  size.transfer = compression.total();
  size.notes["transfer_method"] = kTransferMethod;
  return size;
}

}  // namespace

ImageSize measure_vm_size(const ImageSet& images, Artefact artefact, const SizeRequest& request,
                          std::stop_token stop) {
  const auto found = images.disks.find(artefact);
  if (found == images.disks.end()) {
    throw Error(ErrorCode::kUnavailable, fmt::format("no VM image was built: {}", to_text(artefact)),
                "build it: bench prepare --targets libvirt:" + to_text(artefact));
  }
  const VmImage& vm = found->second;
  const SizeMemory memory(images, to_text(artefact), {vm.disk, vm.kernel, vm.initrd, app_layer_file(images)},
                          size_method());
  if (!request.fresh) {
    if (auto known = memory.recall()) {
      weigh_files(vm, *known);
      return *known;
    }
  }
  ImageSize size = weigh_vm(images, artefact, request, stop);
  memory.keep(size);
  return size;
}

}  // namespace bench
