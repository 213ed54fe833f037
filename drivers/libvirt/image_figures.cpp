#include "drivers/libvirt/image_figures.h"

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <pugixml.hpp>
#include <sstream>

#include "bench/base/subprocess.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

struct Size {
  std::int64_t disk = 0, virtual_bytes = 0;
};

struct PoolCloser {
  void operator()(virStoragePoolPtr pool) const {
    virStoragePoolDestroy(pool);  // the pool ends; a "dir" pool's files stay
    virStoragePoolFree(pool);
  }
};
using Pool = std::unique_ptr<virStoragePool, PoolCloser>;

std::string pool_xml(const fs::path& directory) {
  pugi::xml_document document;
  pugi::xml_node pool = document.append_child("pool");
  pool.append_attribute("type") = "dir";
  pool.append_child("name").text() = fmt::format("bench-size-{}", getpid()).c_str();
  pool.append_child("target").append_child("path").text() = directory.c_str();
  std::ostringstream text;
  document.save(text);
  return text.str();
}

std::optional<Size> volume_size(virConnectPtr connection, const fs::path& file) {
  const std::unique_ptr<virStorageVol, int (*)(virStorageVolPtr)> volume(
      virStorageVolLookupByPath(connection, file.c_str()), virStorageVolFree);
  virStorageVolInfo info{};
  if (!volume || virStorageVolGetInfo(volume.get(), &info) != 0) return std::nullopt;
  return Size{static_cast<std::int64_t>(info.allocation), static_cast<std::int64_t>(info.capacity)};
}

/// Of all files, or nothing.
template <typename Ask>
std::optional<Size> sum(const std::vector<fs::path>& files, Ask ask) {
  Size total;
  for (const auto& file : files) {
    const std::optional<Size> one = ask(file);
    if (!one) return std::nullopt;
    total.disk += one->disk;
    total.virtual_bytes += one->virtual_bytes;
  }
  return total;
}

/// A volume is known when a pool has its directory: a user's, or ours for the moment.
std::optional<Size> by_storage_driver(virConnectPtr connection, const std::vector<fs::path>& files) {
  const auto ask = [&](const fs::path& file) { return volume_size(connection, file); };
  if (auto known = sum(files, ask)) return known;
  const Pool pool(virStoragePoolCreateXML(connection, pool_xml(files.front().parent_path()).c_str(), 0));
  if (!pool) return std::nullopt;
  virStoragePoolRefresh(pool.get(), 0);
  return sum(files, ask);
}

std::optional<Size> by_qemu_img(const fs::path& file, const fs::path& disk, const std::stop_token& stop) {
  const CommandResult result = run_command(
      {"qemu-img", "info", "--output=json", "-f", file == disk ? "qcow2" : "raw", file.string()}, {}, stop);
  const auto info = nlohmann::json::parse(result.out, nullptr, false);
  if (result.exit_code != 0 || !info.is_object()) return std::nullopt;
  return Size{info.value("actual-size", std::int64_t{0}), info.value("virtual-size", std::int64_t{0})};
}

}  // namespace

std::vector<ImageFigure> libvirt_image_figures(LibvirtConnection& connection, const VmImage& image,
                                               const std::stop_token& stop) {
  std::vector<fs::path> files;
  for (const auto& file : {image.disk, image.kernel, image.initrd}) {
    if (!file.empty()) files.push_back(file);
  }
  std::vector<ImageFigure> result;
  if (files.empty()) return result;
  if (!connection.mock()) {
    if (const auto size = by_storage_driver(connection.get(), files)) {
      result.push_back({"disk", "engine", "virStorageVolGetInfo, allocation", size->disk});
      result.push_back({"virtual", "engine", "virStorageVolGetInfo, capacity", size->virtual_bytes});
    }
  }
  if (have_program("qemu-img")) {
    const auto size = sum(files, [&](const fs::path& file) { return by_qemu_img(file, image.disk, stop); });
    if (size) {
      result.push_back({"disk", "qemu", "qemu-img info, disk size", size->disk});
      result.push_back({"virtual", "qemu", "qemu-img info, virtual size", size->virtual_bytes});
    }
  }
  return result;
}

}  // namespace bench
