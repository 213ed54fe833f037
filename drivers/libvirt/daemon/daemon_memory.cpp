#include "drivers/libvirt/daemon/daemon_memory.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/base/paths.h"
#include "drivers/finding.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

nlohmann::json daemons_in(const fs::path& path) {
  std::ifstream in(path);
  auto json = nlohmann::json::parse(in, nullptr, false);
  return json.is_object() ? json : nlohmann::json::object();
}

fs::path daemons_file() {
  return persistent_file("libvirt-daemons.json", cache_dir());
}

std::optional<Seconds> start_of(const nlohmann::json& entry) {
  if (!finding_age(entry)) return std::nullopt;  // which also sees to it that there are fields
  const auto seconds = entry.find("seconds");
  if (seconds == entry.end() || !seconds->is_number()) return std::nullopt;
  return Seconds(seconds->get<double>());
}

}  // namespace

std::optional<Seconds> remembered_start(const std::string& daemon) {
  const auto known = daemons_in(daemons_file());
  const auto entry = known.find(daemon);
  return entry == known.end() ? std::nullopt : start_of(*entry);
}

void remember_start(const std::string& daemon, Seconds took, bool busy) {
  if (took >= kSlowStart && busy) return;
  const fs::path file = daemons_file();
  auto known = daemons_in(file);
  for (auto entry = known.begin(); entry != known.end();) {  // what has expired, or has no date
    entry = finding_age(*entry) ? std::next(entry) : known.erase(entry);
  }
  known[daemon] = {{"seconds", took.count()}, {"found_at", finding_time()}};
  write_file_atomically(file, known.dump(2) + "\n");
}

std::vector<std::string> remembered_daemons() {
  std::vector<std::string> lines;
  const auto known = daemons_in(daemons_file());
  for (const auto& [key, entry] : known.items()) {
    if (const auto took = start_of(entry)) {
      lines.push_back(fmt::format("{} starts an empty guest in {:.1f} s; {}", key.substr(0, key.find(' ')),
                                  took->count(), age_in_words(*finding_age(entry))));
    }
  }
  return lines;
}

void forget_daemons() {
  std::error_code ignored;
  fs::remove(daemons_file(), ignored);
}

}  // namespace bench
