#include "bench/images/oci/image.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "bench/base/error.h"
#include "bench/images/build/sha256.h"
#include "bench/images/oci/confined.h"
#include "bench/images/oci/image_json.h"

namespace bench {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::string_view kDockerArchive = "docker-archive:";
constexpr std::string_view kOciArchive = "oci-archive:";
constexpr std::string_view kOciDirectory = "oci:";
constexpr int kMostNested = 4;  // indexes of indexes
constexpr const char* kIndex = "index.json";
constexpr const char* kDockerManifest = "manifest.json";

struct Where {
  std::string_view kind;
  fs::path path;
  std::string name;  ///< of the image in there; empty: the only one
};

Where parse_reference(const std::string& reference) {
  for (const std::string_view kind : {kDockerArchive, kOciArchive, kOciDirectory}) {
    if (!reference.starts_with(kind)) continue;
    const std::string rest = reference.substr(kind.size());
    // A path may hold colons: the longest part that is there is the path.
    for (std::size_t end = rest.size(); end != std::string::npos && end > 0; end = rest.rfind(':', end - 1)) {
      std::error_code ignored;
      if (fs::exists(rest.substr(0, end), ignored)) {
        return {kind, rest.substr(0, end), end < rest.size() ? rest.substr(end + 1) : ""};
      }
      if (end == 0) break;
    }
    throw Error(ErrorCode::kUsage, fmt::format("no such image: {}", reference),
                fmt::format("there is no {}", kind == kOciDirectory ? "such directory" : "such file"));
  }
  throw Error(ErrorCode::kUsage, fmt::format("{} names no file of an image", reference),
              "give docker-archive:FILE, oci-archive:FILE or oci:DIR[:TAG]");
}

std::string text_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> names_of(const json& descriptor) {
  std::vector<std::string> names;
  const auto annotations = descriptor.find("annotations");
  if (annotations == descriptor.end()) return names;
  for (const char* key : {"org.opencontainers.image.ref.name", "io.containerd.image.name"}) {
    if (const std::string name = text_member(*annotations, key); !name.empty()) names.push_back(name);
  }
  return names;
}

/// Signatures and statements about a build stand beside images and are none.
bool is_attestation(const json& descriptor) {
  const auto annotations = descriptor.find("annotations");
  if (annotations != descriptor.end() && annotations->contains("vnd.docker.reference.type")) return true;
  const auto platform = descriptor.find("platform");
  return platform != descriptor.end() && text_member(*platform, "os") == "unknown";
}

/// What a manifest without a platform beside its digest is for: its configuration says so.
Platform platform_of_manifest(const Blobs& blobs, const json& manifest) {
  const auto config = manifest.find("config");
  if (config == manifest.end()) return {};
  const std::string digest = text_member(*config, "digest");
  const json all = blob_json(blobs, blob_of(digest), digest);
  return {text_member(all, "os"), text_member(all, "architecture"), text_member(all, "variant")};
}

void list_index(const Blobs& blobs, const json& index, const std::vector<std::string>& outer, int depth,
                std::vector<ImageEntry>& entries) {
  if (depth > kMostNested || !index.contains("manifests")) {
    throw Error(ErrorCode::kUsage, fmt::format("{} has no index of images that can be read", blobs.place()));
  }
  for (const json& descriptor : index.at("manifests")) {
    if (is_attestation(descriptor)) continue;
    ImageEntry entry;
    entry.names = outer;
    for (const std::string& name : names_of(descriptor)) entry.names.push_back(name);
    entry.digest = text_member(descriptor, "digest");
    const auto platform = descriptor.find("platform");
    if (platform != descriptor.end() && platform->is_object()) {
      entry.platform = {text_member(*platform, "os"), text_member(*platform, "architecture"),
                        text_member(*platform, "variant")};
    } else {
      const json inner = blob_json(blobs, blob_of(entry.digest), entry.digest);
      if (inner.contains("manifests")) {
        list_index(blobs, inner, entry.names, depth + 1, entries);
        continue;
      }
      entry.platform = platform_of_manifest(blobs, inner);
    }
    entries.push_back(std::move(entry));
  }
}

OciLayer stored_layer(const OciImage& image, const std::string& blob, const std::string& digest) {
  OciLayer layer;
  layer.digest = digest;
  layer.blob = blob;
  const auto bytes = image.blobs->size(blob);
  if (!bytes) {
    throw Error(ErrorCode::kUsage, fmt::format("{} lacks its layer {}", image.reference, blob),
                "save the image again with all of its layers");
  }
  layer.bytes = *bytes;
  return layer;
}

void read_manifest(OciImage& image, const std::string& digest) {
  const json manifest = blob_json(*image.blobs, blob_of(digest), digest);
  if (!manifest.contains("config") || !manifest.contains("layers")) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is no container image: its manifest has no layers", image.reference));
  }
  image.manifest_digest = digest;
  for (const json& descriptor : manifest.at("layers")) {
    if (text_member(descriptor, "mediaType").find("encrypted") != std::string::npos) {
      throw Error(ErrorCode::kUsage, fmt::format("{} has an encrypted layer", image.reference),
                  "decrypt the image first");
    }
    const std::string layer = descriptor.at("digest").get<std::string>();
    image.layers.push_back(stored_layer(image, blob_of(layer), layer));
    if (image.layers.back().bytes != descriptor.value("size", image.layers.back().bytes)) {
      throw Error(
          ErrorCode::kUsage,
          fmt::format("the layer {} of {} has another size than its manifest says", layer, image.reference),
          "the image is damaged: save it again");
    }
  }
  const std::string config = manifest.at("config").at("digest").get<std::string>();
  read_image_config(image, blob_of(config), config);
}

void open_layout(OciImage& image, const std::string& name, const Platform& platform) {
  std::vector<ImageEntry> entries;
  list_index(*image.blobs, blob_json(*image.blobs, kIndex), {}, 0, entries);
  read_manifest(image, choose_image(entries, name, image, platform).digest);
}

/// Newer versions of Docker write a layout beside their own manifest: its digest is the registry's.
std::string manifest_with_config(const Blobs& blobs, const std::string& config) {
  if (!blobs.size(kIndex)) return "";
  try {
    std::vector<ImageEntry> entries;
    list_index(blobs, blob_json(blobs, kIndex), {}, 0, entries);
    for (const ImageEntry& entry : entries) {
      if (!blobs.size(blob_of(entry.digest))) continue;  // of a platform that was not saved
      const json manifest = blob_json(blobs, blob_of(entry.digest), entry.digest);
      if (manifest.contains("config") && text_member(manifest.at("config"), "digest") == config) {
        return entry.digest;
      }
    }
  } catch (const std::exception&) {
    return "";  // the image is whole without it
  }
  return "";
}

void open_docker(OciImage& image, const std::string& name, const Platform& platform) {
  const json list = blob_json(*image.blobs, kDockerManifest);
  std::vector<ImageEntry> entries;
  for (std::size_t i = 0; i < list.size(); ++i) {
    ImageEntry entry;
    entry.index = i;
    const auto tags = list.at(i).find("RepoTags");
    if (tags != list.at(i).end() && tags->is_array()) entry.names = tags->get<std::vector<std::string>>();
    const json config = blob_json(*image.blobs, path_below_top(list.at(i).at("Config"), "a name"));
    entry.platform = {text_member(config, "os"), text_member(config, "architecture"),
                      text_member(config, "variant")};
    entries.push_back(std::move(entry));
  }
  const json& chosen = list.at(choose_image(entries, name, image, platform).index);
  for (const json& layer : chosen.at("Layers")) {
    const std::string blob = path_below_top(layer.get<std::string>(), "a name");
    image.layers.push_back(stored_layer(image, blob, digest_in_name(blob)));
  }
  const std::string config = path_below_top(chosen.at("Config").get<std::string>(), "a name");
  std::string digest = digest_in_name(config);
  if (digest.empty()) digest = "sha256:" + Sha256().add(blob_text(*image.blobs, config)).hex();
  read_image_config(image, config, digest);
  image.manifest_digest = manifest_with_config(*image.blobs, image.id);
}

}  // namespace

OciImage open_image(const std::string& reference, const Platform& platform) {
  const Where where = parse_reference(reference);
  OciImage image;
  image.reference = reference;
  if (where.kind == kOciDirectory) {
    image.blobs = open_blob_directory(where.path);
  } else {
    image.blobs = open_blob_archive(where.path);
  }
  const bool layout = image.blobs->size(kIndex).has_value();
  const bool docker = image.blobs->size(kDockerManifest).has_value();
  if (!layout && !docker) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is no image: it has neither {} nor {}", reference, kIndex, kDockerManifest),
                "make one with docker save, podman save or skopeo copy");
  }
  try {
    if (docker && (where.kind == kDockerArchive || !layout)) {
      open_docker(image, where.name, platform);
    } else {
      open_layout(image, where.name, platform);
    }
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the manifest of {} cannot be understood: {}", reference, error.what()));
  }
  require_platform(image, platform);
  return image;
}

bool names_image_file(const std::string& reference) {
  return reference.starts_with(kDockerArchive) || reference.starts_with(kOciArchive) ||
         reference.starts_with(kOciDirectory);
}

}  // namespace bench
