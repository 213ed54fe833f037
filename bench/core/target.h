#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/variables.h"
#include "bench/core/vocabulary.h"

namespace bench {

/// Settings of one target by key, in one order whatever the order in which they were written.
using Parameters = std::map<std::string, std::string>;

/// What is to be measured, as a user writes it: `driver[:profile][?key=value&…][@DIR]`.
struct TargetSpec {
  std::string driver;
  std::string profile;  ///< empty: the driver's first one
  Parameters parameters;
  std::string app;  ///< the directory of an app for this target alone; empty: the app of the run
  /// Variables of its app ("?env.NAME=VALUE"); without a value: the one that the environment has.
  std::map<std::string, std::optional<std::string>> env{};
  bool operator==(const TargetSpec&) const = default;
};

/// Reads the written form. Whether there is such a driver is not asked. Throws Error{kUsage} for what is not
/// of that form. The first @ begins the directory, which may hold any character. In the value of a variable
/// the signs that separate (& , @) and % are written %26 %2C %40 %25.
TargetSpec parse_target(const std::string& text);

/// The written form, which parse_target reads back. It has no value of a variable: those may be secrets.
std::string to_text(const TargetSpec& spec);

/// The written forms of a command line: each text holds one or several with commas, as
/// "docker,libvirt:direct". An empty text is one empty form.
std::vector<std::string> split_targets(const std::vector<std::string>& texts);

/// What the value of a parameter looks like.
enum class ParameterForm { kWord, kWholeNumber, kBytes };

/// A parameter that a driver takes.
struct ParameterSpec {
  std::string key;
  std::string words;                ///< for people
  std::vector<std::string> values;  ///< those that are allowed, of the form kWord
  ParameterForm form = ParameterForm::kWord;
};

/// What every target takes: how many CPUs and how much memory its instances get.
const std::vector<ParameterSpec>& common_parameters();

/// The value of a parameter, or `otherwise` where it is not given.
std::string parameter(const Parameters& parameters, const std::string& key, const std::string& otherwise);

/// What a target is made of. Whoever judges or shows asks this, and never the driver's name.
struct Traits {
  KernelOf kernel = KernelOf::kHost;
  Boundary boundary = Boundary::kNone;
  bool firmware = false;        ///< firmware or a boot loader runs before the kernel
  bool serial_console = false;  ///< what is read of it is a serial line, with the kernel's own messages
  bool polite_stop = true;      ///< the app is told before it ends; else the plug is pulled
  /// Seconds: how often its engine looks whether it has ended; nothing: the end is an event.
  std::optional<double> stop_resolution{};
  std::map<std::string, std::string> roles{};  ///< of its processes on the host, each in words
  [[nodiscard]] bool own_kernel() const { return kernel == KernelOf::kOwn; }
  bool operator==(const Traits&) const = default;
};

/// What people call a target that is made so: a VM where it has a kernel of its own, else a container where
/// anything stands between it and the host.
Kind family_of(const Traits& traits);
/// "container", "VM", "process": the family as a reader sees it.
std::string family_words(const Traits& traits);

/// Of an engine's container: the host's kernel behind namespaces.
Traits container_traits();
/// Of a machine that QEMU runs.
Traits vm_traits(Acceleration acceleration, bool polite_stop);

/// Of a run that was stored before drivers declared them: those of the two drivers that there were.
Traits traits_of_old_run(Kind kind, Acceleration acceleration, const std::string& profile);

}  // namespace bench
