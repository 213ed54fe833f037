#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/base/clock.h"
#include "bench/core/image.h"
#include "bench/core/run.h"

namespace bench {

/// Who owns an instance. Stored with every instance (container labels, domain metadata), so that the
/// leftovers of a killed run are known. Nothing without it is ever touched.
struct Ownership {
  std::string run_id;
  pid_t pid = 0;  ///< of the bench process that made it
  std::uint64_t pid_start =
      0;  ///< its start time (/proc/PID/stat field 22), so that a reused pid is not taken for it
};

/// What an instance shall be. The same for every driver.
struct InstanceSpec {
  std::string name;  ///< unique, "bench-…", [a-z0-9-], at most 40 characters
  Ownership owner;
  std::string nonce;  ///< reaches the app as BENCH_NONCE; echoed in its answers; empty: there is none
  int cpus = 1;
  std::int64_t memory_bytes = 0;
  std::string profile;  ///< of the target; "" where the driver has no profiles
  /// Reach the app and count before what its image sets. Secrets: in no message, no list of processes, no
  /// image, and in nothing that is there when the instance is removed.
  Variables env{};
  /// For a guest that boots an image: what its program may use, as boot/init/report.h writes it; empty: what
  /// its kernel gives. Engines of containers give their own.
  std::string limits;
};

/// Where the app answers, on the host's loopback.
struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

/// A host process that an instance costs.
struct HostProcess {
  pid_t pid = 0;
  std::string role;  ///< one of bench/core/process_role.h, or one that the traits of its target declare
};

struct InstanceState {
  bool running = false;
  std::optional<int> exit_code;
  std::string detail;  ///< in the engine's words: "exited (3)", "OOM killed", "crashed"
};

/// An instance that carries our label.
struct OwnedInstance {
  std::string id;
  std::string name;
  Ownership owner;
};

/// What a driver says about itself and the target it would make.
struct DriverInfo {
  std::string engine_name, engine_version;
  Facts engine;
  Traits traits;                                    ///< of the target that it would make
  Acceleration acceleration = Acceleration::kNone;  ///< proven, see measurement rules
  std::vector<Warning>
      warnings;  ///< with remedies ("engine runs inside a VM", "KVM does not boot here: TCG", …)
};

/// The engine's own word on how large an image is: what our own accounting is checked against.
struct ImageFigure {
  /// "disk" | "virtual" | "unique" in the sense of docs/size.md; else one that only this engine counts
  /// ("store")
  std::string quantity;
  std::string check;   ///< [a-z]+, names the source: the figure becomes "size.check.<quantity>_<check>"
  std::string source;  ///< for people: "GET /images/{id}/json, Size"
  std::int64_t bytes = 0;
};

/// A program that says how an engine starts programs, in place of an image's own.
struct StartProbe {
  std::string archive;               ///< a tar for the top of the instance's file system
  std::vector<std::string> command;  ///< it, and its first words; those of the image follow
};

/// Receives an instance's console (stdout and stderr, or the serial line) as it arrives. Called from a thread
/// of the driver; calls for one instance never overlap. Time is read by the receiver, never by the driver.
class ConsoleSink {
 public:
  virtual ~ConsoleSink() = default;
  virtual void bytes(std::string_view chunk) = 0;
  /// The stream ended: usually because the instance did. Called at most once, nothing follows.
  virtual void closed() = 0;
};

/// Where a builder puts an image into an engine's own store.
struct ImageStoreAddress {
  std::string host;         ///< as DOCKER_HOST says it
  bool no_way_out = false;  ///< its own network leads nowhere: a build needs the host's
};

/// Flat verbs over an opaque instance id: no timing, no policy, no retries that hide an error. Every verb
/// throws Error{code, what, remedy} and can be woken by the stop token where it has one
/// (Error{kInterrupted}). Verbs may be called from different threads for different instances.
class Driver {
 public:
  virtual ~Driver() = default;

  /// Throws kUnavailable with a remedy where the engine cannot be used. `profile` must be one of profiles().
  virtual DriverInfo info(const std::string& profile) = 0;

  /// Makes the image known to the engine (loads it; idempotent). Facts for the run: digest, reference, …
  virtual Facts prepare(const ImageSet& images, const std::string& profile, std::stop_token stop) = 0;

  /// After prepare. What the engine does not say, or may not be asked by us, is absent.
  virtual std::vector<ImageFigure> image_figures(const ImageSet& images, const std::string& profile,
                                                 std::stop_token stop) = 0;

  /// The engine has created the instance; it does not run yet. Returns its id.
  virtual std::string create(const ImageSet& images, const InstanceSpec& spec, std::stop_token stop) = 0;

  /// Must be called between create and start. The sink outlives the instance's removal (shared).
  virtual void console(const std::string& id, std::shared_ptr<ConsoleSink> sink) = 0;

  /// Returns when the engine's start call has returned.
  virtual void start(const std::string& id, std::stop_token stop) = 0;

  /// After start.
  virtual Endpoint endpoint(const std::string& id) = 0;
  virtual InstanceState state(const std::string& id) = 0;

  /// The host processes that exist only because of this instance.
  virtual std::vector<HostProcess> processes(const std::string& id) = 0;
  /// Long-lived processes of the engine that work for every instance (dockerd, containerd, libvirtd); their
  /// CPU during a start belongs to it. Empty when the engine is a library in this process.
  virtual std::vector<HostProcess> engine_processes() = 0;
  /// True when the engine's work is done by this very process (libvirt's embedded driver).
  [[nodiscard]] virtual bool engine_in_process() const { return false; }

  /// Ends the instance: asks politely until `grace` has passed, then kills. No error if it is already gone.
  virtual void stop(const std::string& id, Seconds grace) = 0;
  /// Removes all that the instance left (container, domain, overlay, sockets). Force, idempotent, not
  /// cancellable.
  virtual void remove(const std::string& id) = 0;

  /// All instances that carry our label, of any run.
  virtual std::vector<OwnedInstance> owned() = 0;

  /// What `probe` says when it runs in place of the image's program, with its variables, user and directory.
  /// After prepare. Empty where the instance itself says it; nothing of the instance is left.
  virtual std::string start_report(const ImageSet& images, const InstanceSpec& spec, const StartProbe& probe,
                                   std::stop_token stop);

  /// The id of an image in the engine's own store; `pull` says when its registry is asked. Throws
  /// Error{kUnavailable} for one that it does not have and cannot fetch, or for an engine that keeps none.
  virtual std::string find_image(const std::string& reference, Pull pull, std::stop_token stop);
  /// Throws Error{kUnavailable} for an engine that keeps no images.
  virtual ImageStoreAddress image_store();
  /// Writes an image of the engine's own store as a docker-archive.
  virtual void save_image(const std::string& id, const std::filesystem::path& to, std::stop_token stop);
};

/// What a row of the drivers' table gets when it makes a driver.
struct DriverOptions {
  std::string connect;                               ///< --connect: libvirt URI; empty: choose
  std::string accel = "auto";                        ///< --accel: kvm | tcg | auto
  Parameters parameters;                             ///< of the target, those that the driver declares
  bool start_private = true;                         ///< may start engines of our own where none answers
  std::function<void(const std::string&)> progress;  ///< one line for people, may be empty
  std::stop_token stop;  ///< wakes what verbs without a token of their own wait for (starting an engine)
};

/// What a driver knows beyond its engine's answer, for `bench doctor`.
struct EngineFinding {
  std::string item;  ///< "acceleration"
  bool good = false;
  std::string detail, remedy;
};

/// How a user comes to an engine.
struct EngineAccess {
  bool by_root_only = false;  ///< root can use one, or start one; this user cannot
  std::string setting;        ///< "NAME=value" for the environment, by which root finds the one this user has
};

/// A way in which a driver starts a target.
struct Profile {
  std::string name;  ///< "direct"; empty where the driver has but one
  Artefact needs = Artefact::kContainerArchive;
};

/// One row per driver. Adding a driver is one folder and one row (drivers/table.cpp).
struct DriverRow {
  std::string name;                         ///< "docker"
  Traits traits{};                          ///< of its default target, before any engine is asked
  bool holds_images = false;                ///< its engine has a store of images, by their names
  std::vector<Profile> profiles;            ///< the first is the default
  std::vector<ParameterSpec> parameters{};  ///< beside those that every target takes
  bool built = false;                       ///< false: left out at build time
  std::string left_out;                     ///< why, and the remedy
  std::string summary;                      ///< one line for `bench list targets`
  std::vector<std::string> telling{};       ///< facts of its engine that `bench doctor` names
  std::unique_ptr<Driver> (*make)(const DriverOptions&) = nullptr;
  /// May be null. What on this host keeps every target of this driver from working, known without its engine
  /// and before an image is built. Starts nothing.
  std::optional<Warning> (*obstacle)(const DriverOptions&) = nullptr;
  /// May be null: every user can use it. Starts nothing.
  EngineAccess (*access)() = nullptr;
  /// May be null. Starts nothing.
  std::vector<EngineFinding> (*findings)(const DriverOptions&) = nullptr;
  /// May be null. Drops what is remembered about this host, so that it is found out again.
  void (*forget)() = nullptr;
  /// May be null. Removes what is left of engines of our own whose owner is dead, once the instances are
  /// gone; one line per thing removed.
  std::vector<std::string> (*clean)() = nullptr;
  /// May be null. Removes the images that bench has loaded into engines that are not ours; one line per
  /// image.
  std::vector<std::string> (*clean_images)() = nullptr;
};

/// The drivers there are, in the order in which they are shown.
const std::deque<DriverRow>& driver_table();
/// One more row, of a program that links this one; before the command line is read. Throws Error{kUsage} for
/// a name that is taken.
void add_driver(DriverRow row);

}  // namespace bench
