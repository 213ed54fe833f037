#include "e2e/stored_runs.h"

#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <map>

namespace bench::e2e {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json host_entry(const std::string& name) {
  // What bench makes of BENCH_HOST; a change would cut every history that there is.
  const std::map<std::string, std::string> ids = {{"lab-1", "b6a61b5f8d0be560"},
                                                  {"lab-2", "7fe13472b01f3953"}};
  return {{"id", ids.at(name)}, {"name", name}};
}

Json stored_run(const std::string& id, const std::string& started, double ready, int rounds) {
  Json run =
      Json::parse(R"({"schema": "bench.run/1", "suite": {"version": "0.1.0", "commit": "c0ffee"}, "seed": 1,
    "command": ["bench", "run", "startup"], "status": "complete", "stopped_by": "rounds", "warmup_rounds": 0,
    "wall_seconds": 1, "trials_seconds": 1, "conditions": {"cache": "warm"},
    "environment": {"host": null, "fingerprint": {"kernel": "6.1", "cores": 2}, "volatile": {}, "warnings": []},
    "targets": [{"name": "docker", "kind": "container", "driver": "docker", "profile": "",
      "engine": {"name": "Docker", "version": "20.10"}, "acceleration": "none", "cpus": 1,
      "memory_bytes": 536870912, "image": {},
      "equivalence": {"app_sha256": "a", "python": "3.11", "flask": "2.2", "kernel": "6.1", "cpus": 1,
        "memory_bytes": 536870912}}],
    "samples": [], "failures": [], "summaries": [], "comparisons": [], "claims": []})");
  run["environment"]["host"] = host_entry("lab-1");
  run["run_id"] = id;
  run["started_at"] = started;
  run["finished_at"] = started;
  run["rounds"] = rounds;
  const double wobble = 0.002 * static_cast<double>(std::hash<std::string>()(id) % 7);
  for (int round = 0; round < rounds; ++round) {
    run["samples"].push_back({{"scenario", "startup"},
                              {"target", "docker"},
                              {"metric", "startup.ready"},
                              {"unit", "seconds"},
                              {"value", ready * (1 + wobble + 0.003 * (round * 7 % 5))},
                              {"round", round},
                              {"position", 0},
                              {"warmup", false}});
  }
  return run;
}

std::string store(const fs::path& results, const Json& run) {
  const fs::path dir = results / run.at("run_id").get<std::string>();
  fs::create_directories(dir);
  std::ofstream(dir / "run.json") << run.dump();
  return dir.string();
}

std::string night(int day) {
  return fmt::format("2026-{:02}-{:02}T02:00:00Z", 3 + (day - 1) / 28, 1 + (day - 1) % 28);
}

fs::path history_of(const World& world, int nights, int step) {
  const fs::path results = world.scratch() / "results";
  for (int day = 1; day <= nights; ++day) {
    const bool slower = step > 0 && day >= step;
    store(results, stored_run(fmt::format("n{:02}", day), night(day), slower ? 0.6 : 0.5));
  }
  return results;
}

}  // namespace bench::e2e
