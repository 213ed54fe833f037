#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "bench/base/file_lock.h"
#include "bench/core/image.h"

namespace bench {

/// The image cache on disk. What has its final name is whole: everything is made in a temporary directory
/// beside it, flushed, and renamed.
///
///   requests/<hash>       the key of the set that answers this request: found without asking apt
///   stages/<kind>-<hash>/ parts that several sets share (base, dependencies, kernel, system)
///   sets/<key>/           images.json and what it names
///   tmp/                  being made; removed by the next builder
class ImageStore {
 public:
  enum class Readers { kOwner, kEverybody };

  /// `cache` is the program's cache directory, or one that is shared; nothing is made until something is
  /// written. Whoever only reads writes nothing, so another user can read, or a file system be read-only.
  explicit ImageStore(const std::filesystem::path& cache, Readers readers = Readers::kOwner)
      : root_(cache / "images"), readers_(readers) {}

  [[nodiscard]] std::filesystem::path root() const { return root_; }
  [[nodiscard]] std::filesystem::path set_dir(const std::string& key) const { return root_ / "sets" / key; }

  /// The set that was built for this request; nothing when there is none, or files that it names are missing.
  [[nodiscard]] std::optional<ImageSet> find(const std::string& request_hash) const;
  [[nodiscard]] std::optional<ImageSet> load(const std::string& key) const;

  /// Writes images.json (paths relative to the set) and the request's pointer; then the sets and stages that
  /// were used least recently go, so that the cache stays within bounds; none that this process has used, or
  /// a run of many apps would lose the first ones. Under the lock.
  void save(const ImageSet& set, const std::string& request_hash);

  /// One builder at a time; waits for the other one, removes what an interrupted one left.
  class Lock {
   public:
    Lock(const ImageStore& store, const std::function<void(const std::string&)>& progress,
         std::stop_token stop);

   private:
    FileLock lock_;
  };

  /// A directory of our own under tmp/, removed with everything in it unless it was published.
  class Draft {
   public:
    explicit Draft(const ImageStore& store);
    ~Draft();
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    [[nodiscard]] std::filesystem::path out() const { return dir_ / "out"; }
    /// What the recipe reads; what it leaves is in out(); work() is its own.
    [[nodiscard]] std::filesystem::path in() const { return dir_ / "in"; }
    [[nodiscard]] std::filesystem::path work() const { return dir_ / "work"; }

   private:
    std::filesystem::path dir_;
  };

  /// The stage's directory, made by `make` (which fills draft.out()) unless it is there.
  std::filesystem::path stage(const std::string& kind, const std::string& hash, bool rebuild,
                              const std::function<void(const Draft&)>& make);

 private:
  std::filesystem::path root_;
  Readers readers_;
};

/// Flushes every file below `dir` and the directories themselves.
void flush_tree(const std::filesystem::path& dir);
/// Flushes `from`, moves it to `to` (replacing what is there) and flushes the directory.
void publish(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace bench
