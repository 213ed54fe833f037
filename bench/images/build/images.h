#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/core/image.h"

namespace bench {

/// An app's own Dockerfile, for a builder that is there.
struct OwnBuild {
  std::filesystem::path dir;           ///< the context
  std::filesystem::path dockerfile;    ///< empty: Dockerfile in `dir`
  std::vector<std::string> arguments;  ///< NAME=VALUE, in the order in which they were given
  std::string target;                  ///< the stage; empty: the last one
  std::string builder = "auto";        ///< "docker", "podman", "buildah", or the first that is there
};

/// An image that is measured as it is, in place of an app that images are built for.
struct AnyImage {
  std::string
      reference;  ///< as the user named it: docker-archive:FILE, oci-archive:FILE, oci:DIR, or an engine's
  Pull pull = Pull::kMissing;
  std::string engine_id{};  ///< of an image in an engine's store: what the engine calls it
  /// Of an image in an engine's store: writes it as a docker-archive.
  std::function<void(const std::filesystem::path&)> save{};
  std::string kernel = "distribution";  ///< of a VM that boots directly: "distribution", "host" or a file
  std::filesystem::path modules;        ///< of a kernel's file
  std::optional<int> port;              ///< where the app listens; none: the port that the image exposes
  std::optional<OwnBuild> build{};      ///< then the image is made first, and `reference` says of what
  std::string builder{};                ///< what made it: "docker 28.2.2 (BuildKit)"
  std::string own_name{};               ///< what bench calls it in the engine's store; empty: nothing
  bool beside_engine = false;           ///< `save` takes it out of a store that the engine does not know
};

struct ImageRequest {
  std::filesystem::path app;                                  ///< empty: the bundled backend/
  std::set<Artefact> artefacts{Artefact::kContainerArchive};  ///< only what is asked for is built
  std::optional<AnyImage> image{};                            ///< then `app` and `base` mean nothing
  std::string base = "distribution";  ///< or a registry reference such as "python:3.10-slim-bullseye"
  bool rebuild = false;
  bool shared = false;                               ///< into the store that every user of the host reads
  std::function<void(const std::string&)> progress;  ///< one line for people
};

/// What `AnyImage::kernel` says for the distribution's kernel for VMs, and for the one that this host runs.
inline constexpr const char* kDistributionKernel = "distribution";
inline constexpr const char* kHostKernel = "host";

/// Builds what is missing, or finds it by content hash; the only thing in the program that needs the network.
/// Interrupted at any point it leaves no half image that looks finished. Throws Error with a remedy.
ImageSet prepare_images(const ImageRequest& request, std::stop_token stop);

/// The directory with the distribution's kernel for virtual machines: vmlinuz, release, and the packages that
/// it came in (debs/). Downloaded unless it is there; it asks apt for what is current either way.
std::filesystem::path prepare_kernel(const ImageRequest& request, std::stop_token stop);

/// True when prepare_images(request) would find everything in the cache.
bool images_ready(const ImageRequest& request);

/// What names the images of a request in every store: the same request on the same distribution, the same
/// name.
std::string request_hash(const ImageRequest& request);

/// Bytes that the image cache holds, and its removal (`bench clean --images`).
std::int64_t image_cache_bytes();
void remove_image_cache();

}  // namespace bench
