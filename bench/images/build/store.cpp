#include "bench/images/build/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/paths.h"

namespace bench {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

void flush(const fs::path& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.open()) return;  // a symbolic link: its directory holds it
  if (fsync(fd.get()) != 0 && errno != EINVAL) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot flush {} to disk: {}", path.string(), std::strerror(errno)),
                "free some space on that file system");
  }
}

void make_directories(const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make {}: {}", dir.string(), error.message()),
                "make it writable, or set BENCH_CACHE_DIR");
  }
}

Json source_json(const ImageSource& source) {
  return {{"kind", to_text(source.kind)},
          {"reference", source.reference},
          {"digest", source.digest},
          {"rootfs_sha256", source.rootfs_sha256},
          {"instrumentation", to_text(source.instrumentation)},
          {"notes", source.notes}};
}

/// Made by an older bench where it is missing: then the files came from the distribution's packages.
ImageSource source_from(const Json& set) {
  if (!set.contains("source")) return {};
  const Json& json = set.at("source");
  ImageSource source;
  source.kind = from_text<SourceKind>(json.at("kind").get<std::string>()).value_or(source.kind);
  source.reference = json.at("reference");
  source.digest = json.at("digest");
  source.rootfs_sha256 = json.at("rootfs_sha256");
  source.instrumentation = from_text<Instrumentation>(json.at("instrumentation").get<std::string>())
                               .value_or(source.instrumentation);
  source.notes = json.at("notes").get<std::vector<std::string>>();
  return source;
}

Json to_json(const ImageSet& set) {
  const auto relative = [&](const fs::path& path) {
    return path.empty() ? std::string() : path.lexically_relative(set.dir).string();
  };
  Json json = {{"format", 1},
               {"key", set.key},
               {"app_sha256", set.app_sha256},
               {"python", set.python},
               {"flask", set.flask},
               {"base", set.base},
               {"port", set.port},
               {"installed", set.installed},
               {"source", source_json(set.source)}};
  if (!set.container.archive.empty()) {
    Json layers = Json::array();
    for (const auto& layer : set.container.layers) {
      layers.push_back({{"role", layer.role},
                        {"diff_id", layer.diff_id},
                        {"bytes", layer.bytes},
                        {"member", layer.member}});
    }
    json["container"] = {{"archive", relative(set.container.archive)},
                         {"reference", set.container.reference},
                         {"id", set.container.id},
                         {"layers", layers}};
  }
  json["vm"] = Json::object();
  for (const auto& [artefact, vm] : set.disks) {
    json["vm"][to_text(artefact)] = {{"disk", relative(vm.disk)},
                                     {"kernel", relative(vm.kernel)},
                                     {"initrd", relative(vm.initrd)},
                                     {"cmdline", vm.cmdline},
                                     {"hears_power_button", vm.hears_power_button},
                                     {"rootfs_sha256", vm.rootfs_sha256},
                                     {"kernel_release", vm.kernel_release}};
  }
  return json;
}

ImageSet from_json(const Json& json, const fs::path& dir) {
  const auto absolute = [&](const Json& value) {
    const std::string text = value.get<std::string>();
    return text.empty() ? fs::path() : dir / text;
  };
  ImageSet set;
  set.dir = dir;
  set.key = json.at("key");
  set.app_sha256 = json.at("app_sha256");
  set.python = json.at("python");
  set.flask = json.at("flask");
  set.base = json.at("base");
  set.port = json.at("port");
  set.installed = json.value("installed", set.installed);
  set.source = source_from(json);
  if (json.contains("container")) {
    const Json& container = json.at("container");
    set.container.archive = absolute(container.at("archive"));
    set.container.reference = container.at("reference");
    set.container.id = container.at("id");
    for (const auto& layer : container.at("layers")) {
      set.container.layers.push_back(
          {layer.at("role"), layer.at("diff_id"), layer.at("bytes"), layer.value("member", "")});
    }
  }
  for (const auto& [profile, vm] : json.at("vm").items()) {
    const auto artefact = from_text<Artefact>(profile);
    if (!artefact) continue;  // made by another version of bench
    VmImage& image = set.disks[*artefact];
    image.disk = absolute(vm.at("disk"));
    image.kernel = absolute(vm.at("kernel"));
    image.initrd = absolute(vm.at("initrd"));
    image.cmdline = vm.at("cmdline");
    // An older bench made none that hears it but those with a whole system.
    image.hears_power_button = vm.value("hears_power_button", *artefact == Artefact::kFullDisk);
    image.rootfs_sha256 = vm.value("rootfs_sha256", "");
    image.kernel_release = vm.value("kernel_release", "");
  }
  return set;
}

bool whole(const ImageSet& set) {
  const auto there = [](const fs::path& path) { return path.empty() || fs::exists(path); };
  bool result = there(set.container.archive);
  for (const auto& [artefact, vm] : set.disks)
    result = result && there(vm.disk) && there(vm.kernel) && there(vm.initrd);
  return result;
}

constexpr std::size_t kSetsKept = 8;     // about 0.9 GB each with both VM profiles
constexpr std::size_t kStagesKept = 12;  // of every kind together

/// What this process has made or found, and may still need.
class Used {
 public:
  void add(const fs::path& dir) {
    const std::lock_guard lock(mutex_);
    dirs_.insert(dir.lexically_normal());
  }
  bool contains(const fs::path& dir) {
    const std::lock_guard lock(mutex_);
    return dirs_.contains(dir.lexically_normal());
  }

 private:
  std::mutex mutex_;
  std::set<fs::path> dirs_;
};

Used& used() {
  static Used dirs;
  return dirs;
}

/// A directory's time says when it was last used: made, or found.
void touch(const fs::path& dir) {
  used().add(dir);
  std::error_code ignored;  // a cache that cannot be written to can still be read
  fs::last_write_time(dir, fs::file_time_type::clock::now(), ignored);
}

void keep_newest(const fs::path& parent, std::size_t count) {
  std::error_code ignored;
  std::vector<std::pair<fs::file_time_type, fs::path>> entries;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    entries.emplace_back(entry.last_write_time(ignored), entry.path());
  }
  if (entries.size() <= count) return;
  std::sort(entries.begin(), entries.end(), std::greater<>());
  for (std::size_t i = count; i < entries.size(); ++i) {
    if (!used().contains(entries[i].second)) fs::remove_all(entries[i].second, ignored);
  }
}

/// Whatever a recipe's tool or the umask made of them.
void open_to_readers(const fs::path& path) {
  using fs::perms;
  const perms files = perms::owner_read | perms::owner_write | perms::group_read | perms::others_read;
  const perms directories = files | perms::owner_exec | perms::group_exec | perms::others_exec;
  const auto open_one = [&](const fs::path& entry) {
    if (fs::is_symlink(entry)) return;
    fs::permissions(entry, fs::is_directory(entry) ? directories : files);
  };
  open_one(path);
  if (!fs::is_directory(path)) return;
  for (const auto& entry : fs::recursive_directory_iterator(path)) open_one(entry.path());
}

}  // namespace

void flush_tree(const fs::path& dir) {
  for (const auto& entry : fs::recursive_directory_iterator(dir)) flush(entry.path());
  flush(dir);
}

void publish(const fs::path& from, const fs::path& to) {
  if (fs::is_directory(from)) {
    flush_tree(from);
  } else {
    flush(from);
  }
  make_directories(to.parent_path());
  if (fs::is_directory(to)) fs::remove_all(to);  // a directory cannot be renamed over a full one
  std::error_code error;
  fs::rename(from, to, error);
  if (error) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot move {} to {}: {}", from.string(), to.string(), error.message()));
  }
  flush(to.parent_path());
}

std::optional<ImageSet> ImageStore::load(const std::string& key) const {
  const auto text = file_bytes(set_dir(key) / "images.json");
  if (!text) return std::nullopt;
  try {
    const Json json = Json::parse(*text);
    if (json.at("format") != 1) return std::nullopt;
    ImageSet set = from_json(json, set_dir(key));
    if (!whole(set)) return std::nullopt;
    return set;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // a cache that cannot be understood is a cache miss
  }
}

std::optional<ImageSet> ImageStore::find(const std::string& request_hash) const {
  auto key = file_bytes(root_ / "requests" / request_hash);
  if (!key) return std::nullopt;
  while (!key->empty() && key->back() == '\n') key->pop_back();
  if (key->empty() || key->find('/') != std::string::npos) return std::nullopt;
  auto set = load(*key);
  if (set) touch(set->dir);
  return set;
}

void ImageStore::save(const ImageSet& set, const std::string& request_hash) {
  make_directories(set.dir);
  make_directories(root_ / "requests");
  write_file_atomically(set.dir / "images.json", to_json(set).dump(2) + "\n");
  write_file_atomically(root_ / "requests" / request_hash, set.key + "\n");
  if (readers_ == Readers::kEverybody) {
    for (const fs::path& parent : {root_, set.dir.parent_path()}) fs::permissions(parent, fs::perms(0755));
    open_to_readers(root_ / "requests");
    open_to_readers(set.dir);
  }
  touch(set.dir);
  keep_newest(root_ / "sets", kSetsKept);
  keep_newest(root_ / "stages", kStagesKept);
}

ImageStore::Lock::Lock(const ImageStore& store, const std::function<void(const std::string&)>& progress,
                       std::stop_token stop) {
  make_directories(store.root());
  lock_ = FileLock(store.root() / "lock", "make it writable, or set BENCH_CACHE_DIR");
  const auto say = [&] {
    if (progress) progress("another image build is running: waiting for it");
  };
  constexpr std::chrono::hours kLong{24};  // an image that is built through a slow line takes its time
  if (!lock_.wait(FileLock::Kind::kAlone, std::chrono::milliseconds(50), kLong, stop, say)) {
    throw Error(ErrorCode::kUnavailable, "another image build has been running for a day", "end it");
  }
  // Whoever made these is gone: the lock is ours.
  std::error_code ignored;
  fs::remove_all(store.root() / "tmp", ignored);
}

ImageStore::Draft::Draft(const ImageStore& store) {
  make_directories(store.root() / "tmp");
  std::string pattern = (store.root() / "tmp" / "build-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make {}: {}", pattern, std::strerror(errno)),
                "make it writable, or set BENCH_CACHE_DIR");
  }
  dir_ = pattern;
  // apt drops its privileges to download, and has to get through.
  fs::permissions(dir_, fs::perms(0755));
  make_directories(in());
  make_directories(out());
  make_directories(work());
}

ImageStore::Draft::~Draft() {
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

fs::path ImageStore::stage(const std::string& kind, const std::string& hash, bool rebuild,
                           const std::function<void(const Draft&)>& make) {
  const fs::path dir = root_ / "stages" / (kind + "-" + hash.substr(0, 16));
  if (!rebuild && fs::exists(dir)) {
    touch(dir);
    return dir;
  }
  const Draft draft(*this);
  make(draft);
  publish(draft.out(), dir);
  return dir;
}

}  // namespace bench
