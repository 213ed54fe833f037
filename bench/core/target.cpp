#include "bench/core/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "bench/base/error.h"
#include "bench/core/process_role.h"

namespace bench {
namespace {

constexpr const char* kForm = "a target is written driver[:profile][?key=value&key=value][@DIR]";

/// Names and values go into file names, tables and addresses: letters, digits and three signs.
bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw Error(ErrorCode::kUsage, fmt::format("target '{}' {}", text, why), kForm);
}

Parameters parse_parameters(const std::string& whole, const std::string& text) {
  Parameters parameters;
  std::istringstream pairs(text + "&");  // so that a sign at the end has an empty setting after it
  for (std::string pair; std::getline(pairs, pair, '&');) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) refuse(whole, fmt::format("has the setting '{}' without a value", pair));
    const std::string key = pair.substr(0, equals), value = pair.substr(equals + 1);
    if (!is_word(key) || !is_word(value))
      refuse(whole, fmt::format("has the setting '{}', which is no key=value", pair));
    if (!parameters.emplace(key, value).second) refuse(whole, fmt::format("sets '{}' twice", key));
  }
  return parameters;
}

}  // namespace

TargetSpec parse_target(const std::string& text) {
  TargetSpec spec;
  const std::size_t at = text.find('@');
  std::string rest = text.substr(0, at);
  if (at != std::string::npos) {
    spec.app = text.substr(at + 1);
    if (spec.app.empty()) refuse(text, "names no directory after the @");
  }
  if (const std::size_t question = rest.find('?'); question != std::string::npos) {
    spec.parameters = parse_parameters(text, rest.substr(question + 1));
    rest.resize(question);
  }
  const std::size_t colon = rest.find(':');
  spec.driver = rest.substr(0, colon);
  if (!is_word(spec.driver)) refuse(text, "names no driver");
  if (colon != std::string::npos) {
    spec.profile = rest.substr(colon + 1);
    if (!is_word(spec.profile)) refuse(text, "names no profile after the colon");
  }
  return spec;
}

std::string to_text(const TargetSpec& spec) {
  std::string text = spec.driver;
  if (!spec.profile.empty()) text += ":" + spec.profile;
  char sign = '?';
  for (const auto& [key, value] : spec.parameters) {
    text += sign + key + "=" + value;
    sign = '&';
  }
  if (!spec.app.empty()) text += "@" + spec.app;
  return text;
}

std::vector<std::string> split_targets(const std::vector<std::string>& texts) {
  std::vector<std::string> words;
  for (const std::string& text : texts) {
    std::istringstream in(text + ",");  // so that a comma at the end has an empty word after it
    for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  }
  return words;
}

const std::vector<ParameterSpec>& common_parameters() {
  static const std::vector<ParameterSpec> common{
      {.key = "cpus",
       .words = "CPUs of its instances, in place of --cpus",
       .values = {},
       .form = ParameterForm::kWholeNumber},
      {.key = "memory",
       .words = "memory of its instances, in place of --memory",
       .values = {},
       .form = ParameterForm::kBytes},
  };
  return common;
}

std::string parameter(const Parameters& parameters, const std::string& key, const std::string& otherwise) {
  const auto found = parameters.find(key);
  return found == parameters.end() ? otherwise : found->second;
}

Kind family_of(const Traits& traits) {
  if (traits.own_kernel()) return Kind::kVm;
  return traits.boundary == Boundary::kNone ? Kind::kProcess : Kind::kContainer;
}

std::string family_words(const Traits& traits) {
  const Kind family = family_of(traits);
  return family == Kind::kVm ? "VM" : to_text(family);
}

Traits container_traits() {
  return {.kernel = KernelOf::kHost,
          .boundary = Boundary::kNamespaces,
          .firmware = false,
          .serial_console = false,
          .polite_stop = true,
          .stop_resolution = std::nullopt,
          .roles = {{role::kApp, "the app's own processes"},
                    {role::kShim, "the engine's monitor of the container"},
                    {role::kProxy, "the proxy of the published port"}}};
}

Traits vm_traits(Acceleration acceleration, bool polite_stop) {
  return {.kernel = KernelOf::kOwn,
          .boundary = acceleration == Acceleration::kTcg ? Boundary::kEmulated : Boundary::kHardware,
          .firmware = true,
          .serial_console = true,
          .polite_stop = polite_stop,
          .stop_resolution = std::nullopt,
          .roles = {{role::kVmm, "the VMM"}, {role::kProxy, "what carries the port into the guest"}}};
}

Traits traits_of_old_run(Kind kind, Acceleration acceleration, const std::string& profile) {
  if (kind == Kind::kContainer) return container_traits();
  if (kind == Kind::kProcess) return {};
  // The first driver for VMs knew two profiles, and one of them ends without being asked.
  return vm_traits(acceleration, profile != "direct");
}

}  // namespace bench
