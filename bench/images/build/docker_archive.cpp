#include "bench/images/build/docker_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/base/error.h"
#include "bench/images/build/sha256.h"

namespace bench {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// A tar file being written; every entry has the same owner and time.
class TarWriter {
 public:
  TarWriter(const fs::path& path, std::int64_t time)
      : path_(path), time_(time), archive_(archive_write_new()), entry_(archive_entry_new()) {
    archive_write_set_format_ustar(archive_.get());
    check(archive_write_open_filename(archive_.get(), path.c_str()));
  }

  void add(const std::string& name, std::string_view bytes) {
    header(name, static_cast<std::int64_t>(bytes.size()));
    data(bytes);
  }

  void add_file(const std::string& name, const fs::path& from) {
    header(name, static_cast<std::int64_t>(fs::file_size(from)));
    std::ifstream file(from, std::ios::binary);
    std::vector<char> buffer(1024 * 1024);
    while (file) {
      file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      data({buffer.data(), static_cast<std::size_t>(file.gcount())});
    }
    if (!file.eof()) throw Error(ErrorCode::kIo, "cannot read " + from.string());
  }

  void close() { check(archive_write_close(archive_.get())); }

 private:
  void header(const std::string& name, std::int64_t size) {
    archive_entry_clear(entry_.get());
    archive_entry_set_pathname(entry_.get(), name.c_str());
    archive_entry_set_filetype(entry_.get(), AE_IFREG);
    archive_entry_set_perm(entry_.get(), 0644);
    archive_entry_set_size(entry_.get(), size);
    archive_entry_set_mtime(entry_.get(), time_, 0);
    check(archive_write_header(archive_.get(), entry_.get()));
  }

  void data(std::string_view bytes) {
    if (!bytes.empty() && archive_write_data(archive_.get(), bytes.data(), bytes.size()) < 0)
      check(ARCHIVE_FATAL);
  }

  void check(int result) {
    if (result == ARCHIVE_OK) return;
    const char* why = archive_error_string(archive_.get());
    throw Error(ErrorCode::kIo,
                fmt::format("cannot write {}: {}", path_.string(), why != nullptr ? why : "unknown error"));
  }

  struct Free {
    void operator()(struct archive* a) const { archive_write_free(a); }
    void operator()(struct archive_entry* e) const { archive_entry_free(e); }
  };
  fs::path path_;
  std::int64_t time_;
  std::unique_ptr<struct archive, Free> archive_;
  std::unique_ptr<struct archive_entry, Free> entry_;
};

Json image_config(const AppConfig& config, const std::string& architecture, const std::string& created,
                  const std::vector<LayerFile>& layers, const std::vector<Layer>& summed) {
  const std::string port = fmt::format("{}/tcp", config.port);
  Json env = Json::array();
  for (const auto& [name, value] : launch_environment(config)) env.push_back(name + "=" + value);
  Json json;
  json["architecture"] = architecture;
  json["os"] = "linux";
  json["created"] = created;
  json["config"] = {{"Env", env},
                    {"Cmd", config.command},
                    {"WorkingDir", config.workdir},
                    {"StopSignal", config.stop_signal},
                    {"ExposedPorts", {{port, Json::object()}}},
                    // By this and its name an engine's image is known for one of ours.
                    {"Labels", {{"bench.image", "1"}}}};
  json["rootfs"] = {{"type", "layers"}, {"diff_ids", Json::array()}};
  json["history"] = Json::array();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    json["rootfs"]["diff_ids"].push_back(summed[i].diff_id);
    json["history"].push_back({{"created", created}, {"created_by", layers[i].created_by}});
  }
  for (const auto& line : {"WORKDIR " + config.workdir, "EXPOSE " + port, "STOPSIGNAL " + config.stop_signal,
                           "CMD " + Json(config.command).dump()}) {
    json["history"].push_back({{"created", created}, {"created_by", line}, {"empty_layer", true}});
  }
  return json;
}

}  // namespace

ContainerImage write_docker_archive(const fs::path& archive, const std::vector<LayerFile>& layers,
                                    const AppConfig& config, const std::string& architecture,
                                    const std::string& reference, std::int64_t created) {
  ContainerImage image;
  image.archive = archive;
  image.reference = reference;
  for (const auto& layer : layers) {
    image.layers.push_back({layer.role, "sha256:" + sha256_of_file(layer.tar),
                            static_cast<std::int64_t>(fs::file_size(layer.tar))});
  }
  const std::string text =
      image_config(config, architecture,
                   fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<time_t>(created))), layers,
                   image.layers)
          .dump();
  const std::string digest = Sha256().add(text).hex();
  image.id = "sha256:" + digest;

  Json manifest;
  manifest["Config"] = digest + ".json";
  manifest["RepoTags"] = {reference};
  manifest["Layers"] = Json::array();
  TarWriter tar(archive, created);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = image.layers[i].diff_id.substr(7) + "/layer.tar";
    tar.add_file(name, layers[i].tar);
    manifest["Layers"].push_back(name);
  }
  tar.add(digest + ".json", text);
  tar.add("manifest.json", Json::array({manifest}).dump());
  tar.close();
  return image;
}

}  // namespace bench
