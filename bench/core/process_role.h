#pragma once

#include <array>
#include <string>
#include <string_view>

#include "bench/core/run.h"

namespace bench {

/// What a process of the host does for an instance. A driver may have further ones: it declares each with its
/// words among the traits of its targets.
namespace role {
inline constexpr const char* kApp = "app";
inline constexpr const char* kShim = "shim";
inline constexpr const char* kProxy = "proxy";
inline constexpr const char* kVmm = "vmm";
inline constexpr const char* kMonitor = "monitor";
// No processes, but shares of the VMM's memory.
inline constexpr const char* kGuestRam = "guest_ram";
inline constexpr const char* kTranslations = "translations";
}  // namespace role

struct ProcessRole {
  std::string_view name, words;
};

/// Those that this program knows, in the order in which they are drawn.
inline constexpr std::array<ProcessRole, 7> kProcessRoles = {{{role::kGuestRam, "guest RAM"},
                                                              {role::kVmm, "VMM"},
                                                              {role::kTranslations, "TCG translations"},
                                                              {role::kApp, "app"},
                                                              {role::kShim, "shim"},
                                                              {role::kProxy, "proxy"},
                                                              {role::kMonitor, "monitor"}}};

/// As a reader sees it: of a role that is not known here, what a target of the run calls it, else its name.
std::string role_words(const Run& run, const std::string& role);

}  // namespace bench
