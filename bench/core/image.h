#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/core/source.h"
#include "bench/core/vocabulary.h"

namespace bench {

/// The roles of the first layer and of the one that holds the app.
inline constexpr const char* kBaseLayer = "base";
inline constexpr const char* kAppLayer = "app";

/// One layer of a container image.
struct Layer {
  std::string role;        ///< "base" | "dependencies" | "app"
  std::string diff_id;     ///< "sha256:…" of the uncompressed tar
  std::int64_t bytes = 0;  ///< of the uncompressed tar
  std::string member{};    ///< its name in the archive; empty: "<digits of diff_id>/layer.tar"
};

struct ContainerImage {
  std::filesystem::path archive;  ///< docker-archive, as `POST /images/load` takes it
  std::string reference;          ///< "bench/backend:<key>": what the engine calls it
  std::string id;                 ///< "sha256:…" of the image's configuration
  std::vector<Layer> layers;
};

struct VmImage {
  std::filesystem::path disk;    ///< qcow2, read-only backing of every trial's overlay
  std::filesystem::path kernel;  ///< empty: the disk boots by itself through UEFI firmware
  std::filesystem::path initrd;
  std::string cmdline;             ///< of the direct kernel boot
  bool hears_power_button = true;  ///< its init ends the app when it is asked to
  std::string rootfs_sha256{};     ///< over the disk's files; empty: not known
  std::string kernel_release{};    ///< as uname says it; empty: not known
  [[nodiscard]] bool uefi() const { return kernel.empty(); }
};

/// Everything that was built for one app: the same bytes for both worlds.
struct ImageSet {
  std::string key;  ///< content hash of recipe + app + package versions
  std::filesystem::path dir;
  std::string app_sha256, python, flask;
  std::string base;  ///< "debian bookworm (packages)" or the registry reference
  int port = 4567;   ///< the app's port inside the instance
  std::map<std::string, std::string>
      installed{};  ///< versions of the projects that the app asks for; "-": not known
  ImageSource source;
  ContainerImage container;
  std::map<Artefact, VmImage> disks;
  [[nodiscard]] bool has(Artefact artefact) const {
    return artefact == Artefact::kContainerArchive ? !container.archive.empty() : disks.contains(artefact);
  }
};

}  // namespace bench
