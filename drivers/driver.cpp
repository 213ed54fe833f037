#include "drivers/driver.h"

#include <fmt/format.h>

#include "bench/base/error.h"

namespace bench {

std::string Driver::find_image(const std::string& reference, Pull /*pull*/, std::stop_token /*stop*/) {
  throw Error(ErrorCode::kUnavailable, fmt::format("this engine has no store to find {} in", reference),
              "name a file: docker-archive:FILE, oci-archive:FILE or oci:DIR");
}

ImageStoreAddress Driver::image_store() {
  throw Error(ErrorCode::kUnavailable, "this engine has no store to build an image into",
              "build it with another: --builder podman or --builder buildah");
}

void Driver::save_image(const std::string& id, const std::filesystem::path& /*to*/,
                        std::stop_token /*stop*/) {
  throw Error(ErrorCode::kUnavailable, fmt::format("this engine has no store with the image {}", id),
              "name a file: docker-archive:FILE, oci-archive:FILE or oci:DIR");
}

std::string Driver::start_report(const ImageSet& /*images*/, const InstanceSpec& /*spec*/,
                                 const StartProbe& /*probe*/, std::stop_token /*stop*/) {
  return {};
}

}  // namespace bench
