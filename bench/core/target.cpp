#include "bench/core/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "bench/base/error.h"
#include "bench/core/process_role.h"

namespace bench {
namespace {

constexpr std::string_view kVariable = "env.";
constexpr const char* kForm = "a target is written driver[:profile][?key=value&key=value][@DIR]";

/// Names and values go into file names, tables and addresses: letters, digits and three signs.
bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw Error(ErrorCode::kUsage, fmt::format("target '{}' {}", without_set_values(text), why), kForm);
}

/// "%2C" and the like as the signs that they stand for; nothing where a % begins no such code.
std::optional<std::string> decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned int code = 0;
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const char* end = text.data() + std::min(i + 3, text.size());
    const auto [rest, failed] = std::from_chars(text.data() + i + 1, end, code, 16);
    if (failed != std::errc{} || rest != text.data() + i + 3) return std::nullopt;
    plain += static_cast<char>(code);
    i += 2;
  }
  return plain;
}

/// "NAME=VALUE" or "NAME". No message has the value.
void parse_variable(const std::string& whole, const std::string& text, TargetSpec& spec) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (!is_variable_name(name)) {
    refuse(whole, fmt::format("sets the variable '{}', which is no name: letters, digits and _", name));
  }
  std::optional<std::string> value;
  if (equals != std::string::npos) {
    value = decoded(text.substr(equals + 1));
    if (!value)
      refuse(whole, fmt::format("has a % in the value of {} that begins no code such as %2C", name));
  }
  if (!spec.env.emplace(name, value).second) refuse(whole, fmt::format("sets the variable '{}' twice", name));
}

void parse_parameters(const std::string& whole, const std::string& text, TargetSpec& spec) {
  std::istringstream pairs(text + "&");  // so that a sign at the end has an empty setting after it
  for (std::string pair; std::getline(pairs, pair, '&');) {
    if (pair.starts_with(kVariable)) {
      parse_variable(whole, pair.substr(kVariable.size()), spec);
      continue;
    }
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) refuse(whole, fmt::format("has the setting '{}' without a value", pair));
    const std::string key = pair.substr(0, equals), value = pair.substr(equals + 1);
    if (!is_word(key) || !is_word(value))
      refuse(whole, fmt::format("has the setting '{}', which is no key=value", pair));
    if (!spec.parameters.emplace(key, value).second) refuse(whole, fmt::format("sets '{}' twice", key));
  }
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
    parse_parameters(text, rest.substr(question + 1), spec);
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
  for (const auto& [name, value] : spec.env) {
    text += fmt::format("{}{}{}", sign, kVariable, name);
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
