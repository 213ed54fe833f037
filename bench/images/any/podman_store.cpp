#include "bench/images/any/podman_store.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "bench/base/error.h"
#include "bench/base/subprocess.h"
#include "bench/base/text.h"

namespace bench {
namespace {

constexpr std::string_view kStore = "containers-storage:";

std::string last_line(const std::string& text) {
  const std::string_view all = trimmed(text, " \r\n");
  return std::string(all.substr(all.rfind('\n') + 1));
}

std::optional<std::string> known_id(const std::string& name, const std::stop_token& stop) {
  const CommandResult found =
      run_command({"podman", "image", "inspect", "--format", "{{.Id}}", name}, {}, stop);
  const std::string id = last_line(found.out);
  if (found.exit_code != 0 || id.empty()) return std::nullopt;
  return id.starts_with("sha256:") ? id : "sha256:" + id;
}

}  // namespace

bool names_podman_image(const std::string& reference) {
  return reference.starts_with(kStore);
}

std::string podman_name(const std::string& reference) {
  return reference.substr(kStore.size());
}

void find_in_podman(AnyImage& image, const std::function<void(const std::string&)>& progress,
                    const std::stop_token& stop) {
  const std::string name = podman_name(image.reference);
  if (!have_program("podman")) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{} is Podman's, and there is no podman here", image.reference),
                "install podman, or name a file: docker-archive:FILE");
  }
  std::optional<std::string> id;
  if (image.pull != Pull::kAlways) id = known_id(name, stop);
  if (!id && image.pull != Pull::kNever) {
    if (progress) progress(fmt::format("fetching the image {} with podman", name));
    const CommandResult pulled = run_command({"podman", "pull", "--quiet", name}, {}, stop);
    if (pulled.exit_code != 0) {
      throw Error(ErrorCode::kUnavailable,
                  fmt::format("podman cannot fetch the image {}: {}", name, last_line(pulled.err)),
                  "see the name and the registry; `podman images` has those of this user that are here");
    }
    id = known_id(name, stop);
  }
  if (!id) {
    throw Error(ErrorCode::kUnavailable, fmt::format("podman has no image {}", name),
                "see `podman images` for those that this user has; root and every user have a store each");
  }
  image.engine_id = *id;
  image.beside_engine = true;
  image.save = [name = *id, stop](const std::filesystem::path& to) {
    check_command({"podman", "save", "--quiet", "--format", "docker-archive", "--output", to.string(),
                   name.substr(name.find(':') + 1)},
                  {}, stop);
  };
}

}  // namespace bench
