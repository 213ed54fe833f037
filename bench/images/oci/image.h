#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/images/oci/blobs.h"
#include "bench/images/oci/platform.h"

namespace bench {

/// How an image wants to be started: its configuration in the words of the OCI image specification. A field
/// that the image leaves out is empty.
struct ImageConfig {
  std::vector<std::string> entrypoint, cmd;
  std::vector<std::string> env;  ///< "NAME=value", in the image's order
  std::string workdir, user, stop_signal;
  std::vector<std::string> exposed_ports;  ///< "80/tcp", sorted
  std::map<std::string, std::string> labels;
  Platform platform;
};

struct OciLayer {
  std::string digest;      ///< "sha256:…" as it is stored; empty where the archive names no digest
  std::string diff_id;     ///< "sha256:…" of the tar itself
  std::int64_t bytes = 0;  ///< as it is stored: packed, where it is packed
  std::string blob;        ///< its name in `blobs`
};

/// One image for one platform. Its layers are read when it is unpacked.
struct OciImage {
  std::string reference;        ///< as it was asked for
  std::string id;               ///< "sha256:…" of the configuration: what Docker calls the image's ID
  std::string manifest_digest;  ///< "sha256:…"; empty for a docker-archive that has no manifest of OCI's
  ImageConfig config;
  std::string config_blob;       ///< the configuration's name in `blobs`
  std::vector<OciLayer> layers;  ///< the lowest first
  std::shared_ptr<const Blobs> blobs;
};

/// Opens `docker-archive:FILE[:NAME[:TAG]]`, `oci-archive:FILE[:TAG]` or `oci:DIR[:TAG]`: what `docker save`,
/// `podman save`, skopeo, umoci, buildah and BuildKit write, and what `GET /images/NAME/get` answers. An
/// archive may be compressed. Of an image for several platforms it takes the one for `platform`.
///
/// The digests of manifests and of the configuration are checked here, those of the layers by unpack().
/// Throws Error{kUsage}, which names what there is: no such image or tag, none for this platform, several
/// images and none named, a digest that is another, something that is no container image.
OciImage open_image(const std::string& reference, const Platform& platform = this_platform());

/// Whether open_image() would take it for a file or directory, as opposed to the name of an engine's image.
bool names_image_file(const std::string& reference);

}  // namespace bench
