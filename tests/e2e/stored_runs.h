#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "e2e/harness.h"

namespace bench::e2e {

// Stored runs, written by the test: what reads them needs no engine.

/// What a run says of its host: "lab-1", where every test's World is, or "lab-2".
nlohmann::ordered_json host_entry(const std::string& name);

/// A run of one container target of lab-1 whose start took `ready` seconds, give or take.
nlohmann::ordered_json stored_run(const std::string& id, const std::string& started, double ready,
                                  int rounds = 12);

/// Below `results`, in a directory that has the run's id as name, which is returned.
std::string store(const std::filesystem::path& results, const nlohmann::ordered_json& run);

/// "2026-03-07T02:00:00Z"; a month has 28 days here.
std::string night(int day);

/// Nightly runs of 0.5 s, n01 and so on, in the world's results/; from the night `step` on (0: never) of 0.6
/// s.
std::filesystem::path history_of(const World& world, int nights, int step = 0);

}  // namespace bench::e2e
