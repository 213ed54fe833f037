#include "bench/images/oci/image_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "bench/base/error.h"
#include "bench/images/build/sha256.h"

namespace bench {

using nlohmann::json;

namespace {

constexpr std::size_t kHexDigits = 64;

bool is_sha256(std::string_view hex) {
  return hex.size() == kHexDigits && std::all_of(hex.begin(), hex.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// A member that may be missing or null.
template <typename T>
T member_or_nothing(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return T{};
  return found->get<T>();
}

ImageConfig image_config(const json& all) {
  ImageConfig config;
  config.platform = {member_or_nothing<std::string>(all, "os"),
                     member_or_nothing<std::string>(all, "architecture"),
                     member_or_nothing<std::string>(all, "variant")};
  const json start = member_or_nothing<json>(all, "config");
  if (!start.is_object()) return config;
  config.entrypoint = member_or_nothing<std::vector<std::string>>(start, "Entrypoint");
  config.cmd = member_or_nothing<std::vector<std::string>>(start, "Cmd");
  config.env = member_or_nothing<std::vector<std::string>>(start, "Env");
  config.workdir = member_or_nothing<std::string>(start, "WorkingDir");
  config.user = member_or_nothing<std::string>(start, "User");
  config.stop_signal = member_or_nothing<std::string>(start, "StopSignal");
  config.labels = member_or_nothing<std::map<std::string, std::string>>(start, "Labels");
  for (const auto& [port, nothing] : member_or_nothing<std::map<std::string, json>>(start, "ExposedPorts")) {
    config.exposed_ports.push_back(port);
  }
  return config;
}

std::string joined_names(const std::vector<ImageEntry>& entries) {
  std::set<std::string> names;
  for (const ImageEntry& entry : entries) {
    names.insert(entry.names.begin(), entry.names.end());
    if (entry.names.empty()) names.insert(entry.digest.empty() ? "one without a name" : entry.digest);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

bool is_called(const ImageEntry& entry, const std::string& name) {
  return std::any_of(entry.names.begin(), entry.names.end(), [&name](const std::string& known) {
    return known == name || known.ends_with(":" + name) || known == name + ":latest" ||
           known.ends_with("/" + name) || known.ends_with("/" + name + ":latest");
  });
}

}  // namespace

json blob_json(const Blobs& blobs, const std::string& name, const std::string& digest) {
  const std::string text = blob_text(blobs, name);
  if (const std::string is = "sha256:" + Sha256().add(text).hex(); !digest.empty() && is != digest) {
    throw Error(ErrorCode::kUsage, fmt::format("{} of {} has the digest {}", name, blobs.place(), is),
                "the image is damaged: save it again");
  }
  json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) {
    throw Error(ErrorCode::kUsage, fmt::format("{} of {} is no JSON", name, blobs.place()),
                "the image is damaged: save it again");
  }
  return parsed;
}

std::string blob_of(const std::string& digest) {
  const auto colon = digest.find(':');
  if (digest.substr(0, colon) != "sha256" || colon == std::string::npos ||
      !is_sha256(std::string_view(digest).substr(colon + 1))) {
    throw Error(ErrorCode::kUsage, fmt::format("\"{}\" is no digest of SHA-256", digest),
                "bench reads images whose digests are those of SHA-256");
  }
  return "blobs/sha256/" + digest.substr(colon + 1);
}

std::string digest_in_name(const std::string& name) {
  std::string_view hex = name;
  if (const auto slash = hex.rfind('/'); slash != std::string_view::npos) {
    if (hex.substr(0, slash) != "blobs/sha256") return "";  // the folders of older archives are no digests
    hex = hex.substr(slash + 1);
  } else if (hex.ends_with(".json")) {
    hex.remove_suffix(5);
  } else {
    return "";
  }
  return is_sha256(hex) ? "sha256:" + std::string(hex) : "";
}

void read_image_config(OciImage& image, const std::string& blob, const std::string& digest) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::kUsage, fmt::format("{} is no container image: {}", image.reference, why));
  };
  image.id = digest;
  image.config_blob = blob;
  try {
    const json all = blob_json(*image.blobs, blob, digest);
    if (!all.is_object() || !all.contains("rootfs")) refuse("its configuration has no root file system");
    const auto diff_ids = member_or_nothing<std::vector<std::string>>(all.at("rootfs"), "diff_ids");
    if (diff_ids.size() != image.layers.size()) {
      refuse(fmt::format("its configuration has {} layers, its manifest {}", diff_ids.size(),
                         image.layers.size()));
    }
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
      (void)blob_of(diff_ids[i]);
      image.layers[i].diff_id = diff_ids[i];
    }
    image.config = image_config(all);
  } catch (const json::exception& error) {
    refuse(fmt::format("its configuration cannot be understood: {}", error.what()));
  }
}

void require_platform(const OciImage& image, const Platform& platform) {
  if (platform_fit(platform, image.config.platform) > 0) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("{} is for {}, not for {}", image.reference, platform_text(image.config.platform),
                          platform_text(platform)),
              fmt::format("give the image for {}", platform_text(platform)));
}

const ImageEntry& choose_image(const std::vector<ImageEntry>& entries, const std::string& name,
                               const OciImage& image, const Platform& platform) {
  std::vector<ImageEntry> called;
  for (const ImageEntry& entry : entries) {
    if (name.empty() || is_called(entry, name)) called.push_back(entry);
  }
  if (called.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} has no image{}", image.blobs->place(), name.empty() ? "" : " " + name),
                entries.empty() ? "" : "it has: " + joined_names(entries));
  }
  int best = 0;
  for (const ImageEntry& entry : called) best = std::max(best, platform_fit(platform, entry.platform));
  if (best == 0) {
    std::set<std::string> platforms;
    for (const ImageEntry& entry : called) platforms.insert(platform_text(entry.platform));
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is for {}, not for {}", image.reference, fmt::join(platforms, ", "),
                            platform_text(platform)),
                fmt::format("give the image for {}", platform_text(platform)));
  }
  std::erase_if(called, [&](const ImageEntry& e) { return platform_fit(platform, e.platform) != best; });
  const ImageEntry& first = called.front();
  const bool several = std::any_of(called.begin(), called.end(), [&first](const ImageEntry& entry) {
    return entry.digest != first.digest || entry.index != first.index;
  });
  if (several) {
    throw Error(ErrorCode::kUsage, fmt::format("{} stands for several images", image.reference),
                fmt::format("add :NAME of one of them: {}", joined_names(called)));
  }
  return *std::find_if(entries.begin(), entries.end(), [&first](const ImageEntry& entry) {
    return entry.digest == first.digest && entry.index == first.index;
  });
}

}  // namespace bench
