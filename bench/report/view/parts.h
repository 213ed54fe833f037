#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/report/view/view.h"

namespace bench {

// What the files of the view share.

inline constexpr const char* kUnknown = "?";
inline constexpr const char* kAbsent = "–";

/// A metric (or the end of its name), and what people call it in a table.
struct Named {
  const char* metric;
  const char* words;
};

/// Start-up, size, memory, then others in the order in which they were measured.
std::vector<std::string> scenarios_of(const Run& run);

/// The targets that have a figure of the scenario.
std::vector<const TargetInfo*> measured_targets(const Run& run, const std::string& scenario);

/// Rounds in which something was tried, the warm-up apart. What is counted once (sizes), the points of a
/// curve and visits outside the rounds make none.
std::size_t rounds_tried(const Run& run, const std::string& scenario);
std::size_t failed_trials(const Run& run, const std::string& scenario, const std::string& target);

/// "container", "VM (libvirt:direct)": the name says more only where it must.
std::string spoken(const Run& run, const TargetInfo& target);

/// "startup.ready" as "ready", "memory.host_pss" as "PSS", as the run declares them; others keep the whole
/// name.
std::string metric_words(const Run& run, const std::string& metric);

/// "startup" as "Start-up", as the run declares it.
std::string scenario_words(const Run& run, const std::string& scenario);

/// "libvirt:direct (TCG) vs docker", "libvirt:full vs libvirt:direct (both TCG)"
std::string versus(const Run& run, const std::string& b, const std::string& a);

}  // namespace bench
