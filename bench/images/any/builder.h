#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/images/build/images.h"

namespace bench {

/// The programs that build an image from a Dockerfile, in the order in which they are taken.
inline const std::vector<std::string> kBuilders = {"docker", "podman", "buildah"};
/// What `OwnBuild::builder` says for the first of them that is there.
inline constexpr const char* kAnyBuilder = "auto";

/// The repository of what bench has images built for; its tags are the first digits of their ids.
inline constexpr const char* kOwnImages = "bench/image";
/// "bench/image:0123456789ab" of "sha256:0123456789ab…".
std::string own_image_name(const std::string& id);

/// With whole paths, and the Dockerfile that is meant. Throws Error{kUsage} for a directory or a Dockerfile
/// that is not there, for an argument that is not NAME=VALUE and for a builder that bench does not know.
OwnBuild checked_build(OwnBuild build);

/// What is built, in one line: the directory, and whatever is not the default. Values of arguments are not in
/// it.
std::string name_of(const OwnBuild& build);

/// Those that may be tried, the first one first. Throws Error{kUnavailable} when none is installed.
std::vector<std::string> builders_here(const OwnBuild& build);

/// An image in the store of its builder.
struct BuiltImage {
  std::string id;       ///< as the builder calls it
  std::string name;     ///< as bench calls it there
  std::string builder;  ///< "docker 28.2.2 (BuildKit)"
};

/// The daemon that `docker build` talks to.
struct DockerHost {
  std::string address;
  bool host_network = false;  ///< what is run in a build gets the host's network
};

/// Builds, and names the image. `progress` gets the steps as they begin. Throws Error{kEngine} with the
/// builder's last lines.
BuiltImage build_with_docker(const OwnBuild& build, const DockerHost& docker,
                             const std::function<void(const std::string&)>& progress, std::stop_token stop);
/// The same with podman or buildah; of the images that bench had built there it keeps the newest.
BuiltImage build_in_own_store(const OwnBuild& build, const std::string& program,
                              const std::function<void(const std::string&)>& progress, std::stop_token stop);

/// Writes an image that podman or buildah has built as a docker-archive.
void save_from_own_store(const std::string& program, const BuiltImage& image, const std::filesystem::path& to,
                         std::stop_token stop);

/// For `bench clean --images`: takes our names off the images in podman's and buildah's store; what has no
/// other name is gone then. Returns one line for each.
std::vector<std::string> clean_built_images();

}  // namespace bench
