#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// The enumerations of a run and their written forms. Text exists where a run is read, written or shown.

enum class Kind { kContainer, kVm, kProcess };

/// How a VM's CPU is run; kNone for what is no VM.
enum class Acceleration { kNone, kKvm, kNestedKvm, kTcg };

/// What a user may ask for; `auto` is KVM where it is proven to work.
enum class AccelerationWish { kAuto, kKvm, kTcg };

/// What images are made into, and what a driver can start.
enum class Artefact {
  kContainerArchive,  ///< a container image as a file
  kDirectDisk,        ///< a kernel, an initramfs and a disk with a minimal init
  kFullDisk,          ///< a disk that firmware boots by itself
};

/// Where an app's files come from: packages of the distribution, the app's own Dockerfile, or any image.
enum class SourceKind { kDistribution, kBuild, kImage };

/// What was put beside the app to measure it: marks and a nonce in its WSGI app, marks of the interpreter, or
/// nothing.
enum class Instrumentation { kFlask, kPython, kNone };

/// When an engine fetches an image from its registry.
enum class Pull { kMissing, kNever, kAlways };

/// Whose kernel the app runs on: the host's, one of the instance's own, or one in user space.
enum class KernelOf { kHost, kOwn, kUserSpace };

/// What stands between an instance and the host.
enum class Boundary { kNone, kNamespaces, kUserSpaceKernel, kProcessKernel, kEmulated, kHardware };

/// Base units only, in memory and in every file; people see ms and MiB.
enum class Unit { kNone, kSeconds, kBytes, kCount, kPerSecond, kRatio };

/// How an instance ended: it was asked to and did, its plug was pulled, or it was pulled since asking did not
/// help.
enum class StopMode { kPolite, kPulled, kPulledAfterGrace };

enum class RunStatus { kComplete, kInterrupted, kFailed };

/// What a comparison says of b against a.
enum class Verdict { kFaster, kSlower, kSmaller, kLarger, kEquivalent, kInconclusive, kNotComparable };

enum class ClaimVerdict { kSupported, kNotSupported, kInconclusive, kNotComparable, kNotMeasured };

/// What a claim is about; only a size is the same under emulation.
enum class ClaimKind { kNone, kSize, kSpeed, kMemory };

/// What a gate says of one figure.
enum class GateVerdict {
  kInconclusive,
  kOk,
  kRegression,
  kImprovement,
  kNotConfirmed,
  kNoBaseline,
  kNotComparable,
  kCouldNotMeasure
};

/// What a gate says of the whole run; its exit code follows from it.
enum class GateResult { kInconclusive, kPass, kRegression, kCouldNotMeasure };

/// Whether a difference that was put into an app is found again.
enum class TruthVerdict { kInconclusive, kHolds, kDoesNotHold };

template <typename Value>
struct Word {
  Value value;
  std::string_view text;
};

constexpr std::array<Word<Kind>, 3> words_of(Kind /*of*/) {
  return {{{Kind::kContainer, "container"}, {Kind::kVm, "vm"}, {Kind::kProcess, "process"}}};
}
constexpr std::array<Word<Acceleration>, 4> words_of(Acceleration /*of*/) {
  return {{{Acceleration::kNone, "none"},
           {Acceleration::kKvm, "kvm"},
           {Acceleration::kNestedKvm, "kvm-nested"},
           {Acceleration::kTcg, "tcg"}}};
}
constexpr std::array<Word<AccelerationWish>, 3> words_of(AccelerationWish /*of*/) {
  return {
      {{AccelerationWish::kAuto, "auto"}, {AccelerationWish::kKvm, "kvm"}, {AccelerationWish::kTcg, "tcg"}}};
}
constexpr std::array<Word<Artefact>, 3> words_of(Artefact /*of*/) {
  return {{{Artefact::kContainerArchive, "container"},
           {Artefact::kDirectDisk, "direct"},
           {Artefact::kFullDisk, "full"}}};
}
constexpr std::array<Word<SourceKind>, 3> words_of(SourceKind /*of*/) {
  return {{{SourceKind::kDistribution, "distribution"},
           {SourceKind::kBuild, "build"},
           {SourceKind::kImage, "image"}}};
}
constexpr std::array<Word<Instrumentation>, 3> words_of(Instrumentation /*of*/) {
  return {{{Instrumentation::kFlask, "flask"},
           {Instrumentation::kPython, "python"},
           {Instrumentation::kNone, "none"}}};
}
constexpr std::array<Word<Pull>, 3> words_of(Pull /*of*/) {
  return {{{Pull::kMissing, "missing"}, {Pull::kNever, "never"}, {Pull::kAlways, "always"}}};
}
constexpr std::array<Word<KernelOf>, 3> words_of(KernelOf /*of*/) {
  return {{{KernelOf::kHost, "host"}, {KernelOf::kOwn, "own"}, {KernelOf::kUserSpace, "user-space"}}};
}
constexpr std::array<Word<Boundary>, 6> words_of(Boundary /*of*/) {
  return {{{Boundary::kNone, "none"},
           {Boundary::kNamespaces, "namespaces"},
           {Boundary::kUserSpaceKernel, "user-space-kernel"},
           {Boundary::kProcessKernel, "process-kernel"},
           {Boundary::kEmulated, "emulated"},
           {Boundary::kHardware, "hardware"}}};
}
constexpr std::array<Word<Unit>, 6> words_of(Unit /*of*/) {
  return {{{Unit::kNone, ""},
           {Unit::kSeconds, "seconds"},
           {Unit::kBytes, "bytes"},
           {Unit::kCount, "count"},
           {Unit::kPerSecond, "per_second"},
           {Unit::kRatio, "ratio"}}};
}
constexpr std::array<Word<StopMode>, 3> words_of(StopMode /*of*/) {
  return {{{StopMode::kPolite, "polite stop"},
           {StopMode::kPulled, "plug pulled"},
           {StopMode::kPulledAfterGrace, "plug pulled after the grace"}}};
}
constexpr std::array<Word<RunStatus>, 3> words_of(RunStatus /*of*/) {
  return {{{RunStatus::kComplete, "complete"},
           {RunStatus::kInterrupted, "interrupted"},
           {RunStatus::kFailed, "failed"}}};
}
constexpr std::array<Word<Verdict>, 7> words_of(Verdict /*of*/) {
  return {{{Verdict::kFaster, "faster"},
           {Verdict::kSlower, "slower"},
           {Verdict::kSmaller, "smaller"},
           {Verdict::kLarger, "larger"},
           {Verdict::kEquivalent, "equivalent"},
           {Verdict::kInconclusive, "inconclusive"},
           {Verdict::kNotComparable, "not comparable"}}};
}
constexpr std::array<Word<ClaimVerdict>, 5> words_of(ClaimVerdict /*of*/) {
  return {{{ClaimVerdict::kSupported, "supported"},
           {ClaimVerdict::kNotSupported, "not supported"},
           {ClaimVerdict::kInconclusive, "inconclusive"},
           {ClaimVerdict::kNotComparable, "not comparable"},
           {ClaimVerdict::kNotMeasured, "not measured"}}};
}
constexpr std::array<Word<GateVerdict>, 8> words_of(GateVerdict /*of*/) {
  return {{{GateVerdict::kInconclusive, "inconclusive"},
           {GateVerdict::kOk, "ok"},
           {GateVerdict::kRegression, "regression"},
           {GateVerdict::kImprovement, "improvement"},
           {GateVerdict::kNotConfirmed, "not confirmed"},
           {GateVerdict::kNoBaseline, "no baseline"},
           {GateVerdict::kNotComparable, "not comparable"},
           {GateVerdict::kCouldNotMeasure, "could not measure"}}};
}
constexpr std::array<Word<GateResult>, 4> words_of(GateResult /*of*/) {
  return {{{GateResult::kInconclusive, "inconclusive"},
           {GateResult::kPass, "pass"},
           {GateResult::kRegression, "regression"},
           {GateResult::kCouldNotMeasure, "could not measure"}}};
}
constexpr std::array<Word<TruthVerdict>, 3> words_of(TruthVerdict /*of*/) {
  return {{{TruthVerdict::kInconclusive, "inconclusive"},
           {TruthVerdict::kHolds, "holds"},
           {TruthVerdict::kDoesNotHold, "does not hold"}}};
}
constexpr std::array<Word<ClaimKind>, 4> words_of(ClaimKind /*of*/) {
  return {{{ClaimKind::kNone, ""},
           {ClaimKind::kSize, "size"},
           {ClaimKind::kSpeed, "speed"},
           {ClaimKind::kMemory, "memory"}}};
}

template <typename Value>
concept Spoken = requires(Value value) {
  words_of(value);
};

template <Spoken Value>
std::string to_text(Value value) {
  for (const auto& word : words_of(value)) {
    if (word.value == value) return std::string(word.text);
  }
  return {};
}

/// Nothing for a text that is no word of the enumeration.
template <Spoken Value>
std::optional<Value> from_text(std::string_view text) {
  for (const auto& word : words_of(Value{})) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

/// Those that a user may write.
template <Spoken Value>
std::vector<std::string> word_list() {
  std::vector<std::string> all;
  for (const auto& word : words_of(Value{})) all.emplace_back(word.text);
  return all;
}

/// "container, vm, process": what a message names as the valid ones.
template <Spoken Value>
std::string all_words() {
  std::string all;
  for (const auto& word : words_of(Value{})) {
    if (word.text.empty()) continue;
    if (!all.empty()) all += ", ";
    all += word.text;
  }
  return all;
}

template <Spoken Value>
std::ostream& operator<<(std::ostream& out, Value value) {
  return out << to_text(value);
}

}  // namespace bench
