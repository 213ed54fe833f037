#include "bench/history/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "bench/history/digest.h"
#include "bench/history/hosts.h"

namespace bench {
namespace {

/// Engine facts that say where something is, not what it is.
const std::set<std::string>& not_conditions() {
  static const std::set<std::string> names = {"socket", "uri", "acceleration_proof", "acceleration_proven"};
  return names;
}

std::string text(const Fact& fact) {
  if (std::holds_alternative<std::monostate>(fact)) return "unknown";
  if (const bool* flag = std::get_if<bool>(&fact)) return *flag ? "yes" : "no";
  if (const auto* whole = std::get_if<std::int64_t>(&fact)) return fmt::format("{}", *whole);
  if (const double* real = std::get_if<double>(&fact)) return fmt::format("{:.4g}", *real);
  return std::get<std::string>(fact);
}

std::string bytes(std::int64_t value) {
  return fmt::format("{:.4g} MiB", static_cast<double>(value) / (1 << 20));
}

Fact fact_of(const std::string& value) {
  return value.empty() ? Fact() : Fact(value);
}

Facts host_conditions(const Run& run) {
  Facts facts = run.environment.fingerprint;
  for (const char* name : {"cache", "ready_path", "ready_status"}) {
    if (const auto found = run.conditions.find(name); found != run.conditions.end()) {
      facts[name] = found->second;
    }
  }
  return facts;
}

/// By digest: no value is known.
Facts variables_of(const TargetInfo& target) {
  Facts facts;
  for (const auto& [name, digest] : target.env) facts["variable " + name] = digest;
  return facts;
}

Facts target_conditions(const TargetInfo& target) {
  Facts facts;
  for (const auto& [name, fact] : target.engine) {
    if (!not_conditions().contains(name)) facts["engine " + name] = fact;
  }
  facts["kind"] = fact_of(to_text(family_of(target.traits)));
  facts["driver"] = fact_of(target.driver);
  facts["profile"] = fact_of(target.profile);
  facts["engine"] = fact_of(target.engine_name);
  facts["engine version"] = fact_of(target.engine_version);
  facts["acceleration"] = fact_of(to_text(target.acceleration));
  for (const auto& [key, value] : target.parameters) facts["parameter " + key] = value;
  facts.merge(variables_of(target));
  facts["cpus"] = static_cast<std::int64_t>(target.cpus);
  facts["memory limit"] = bytes(target.memory_bytes);
  return facts;
}

/// What is watched, and what it stands on: may explain a difference, forbids nothing.
Facts target_subject(const TargetInfo& target) {
  Facts facts;
  const Equivalence& says = target.equivalence;
  facts["app (hash)"] = says.app_sha256 ? Fact(says.app_sha256->substr(0, 12)) : Fact();
  facts["root file system (hash)"] = says.rootfs_sha256 ? Fact(says.rootfs_sha256->substr(0, 12)) : Fact();
  facts["files from"] = fact_of(target.source.kind == SourceKind::kDistribution
                                    ? to_text(target.source.kind)
                                    : to_text(target.source.kind) + " " + target.source.reference);
  facts["Python"] = says.python ? Fact(*says.python) : Fact();
  facts["Flask"] = says.flask ? Fact(*says.flask) : Fact();
  facts["kernel that the app sees"] = says.kernel ? Fact(*says.kernel) : Fact();
  for (const auto& [name, fact] : target.image) facts["image " + name] = fact;
  return facts;
}

std::string sentence(const std::string& what, const std::string& a, const std::string& b) {
  static const std::map<std::string, std::string> words = {
      {"arch", "the processors have different architectures"},
      {"cpu_model", "it is another CPU model"},
      {"cores", "the number of CPUs differs"},
      {"smt", "SMT (hyper-threading) is on in only one of them"},
      {"memory_bytes", "the host has another amount of memory"},
      {"kernel", "the host runs another kernel"},
      {"mitigations", "the kernel's mitigations of CPU flaws differ"},
      {"governor", "the CPU frequency governor differs"},
      {"turbo", "turbo is on in only one of them"},
      {"virtualisation", "the host itself is virtualised in another way"},
      {"thp", "transparent huge pages are set differently"},
      {"ksm", "kernel same-page merging is on in only one of them"},
      {"image_store_fs", "images lie on another kind of file system"},
      {"disk_kind", "images lie on another kind of disk"},
      {"suite_version", "another version of bench measured"},
      {"cache", "the cache state differs"},
  };
  const auto found = words.find(what);
  const std::string name = found != words.end() ? found->second : what + " differs";
  return fmt::format("{}: {} against {}", name, a, b);
}

void add_different(const std::string& prefix, const Facts& a, const Facts& b, bool forbids,
                   std::vector<Difference>& found) {
  std::set<std::string> names;
  for (const auto& [name, fact] : a) names.insert(name);
  for (const auto& [name, fact] : b) names.insert(name);
  for (const std::string& name : names) {
    const Fact of_a = a.contains(name) ? a.at(name) : Fact();
    const Fact of_b = b.contains(name) ? b.at(name) : Fact();
    if (of_a == of_b) continue;
    const std::string text_a = text(of_a), text_b = text(of_b);
    std::string in_words = prefix.empty()
                               ? sentence(name, text_a, text_b)
                               : fmt::format("{}: {} differs: {} against {}", prefix, name, text_a, text_b);
    found.push_back(
        {prefix.empty() ? name : prefix + ": " + name, text_a, text_b, std::move(in_words), forbids});
  }
}

/// Load, steal, pressure: as text where they are known and far apart; they are never equal.
void add_volatile(const Run& a, const Run& b, std::vector<Difference>& found) {
  constexpr double kFar = 1.5;
  const auto number = [](const Fact& fact) -> std::optional<double> {
    if (const auto* whole = std::get_if<std::int64_t>(&fact)) return static_cast<double>(*whole);
    if (const double* real = std::get_if<double>(&fact)) return *real;
    return std::nullopt;
  };
  for (const auto& [name, fact] : a.environment.volatile_) {
    const auto other = b.environment.volatile_.find(name);
    if (other == b.environment.volatile_.end()) continue;
    const auto of_a = number(fact), of_b = number(other->second);
    if (!of_a || !of_b) continue;
    const double more = std::max(std::abs(*of_a), std::abs(*of_b));
    const double less = std::min(std::abs(*of_a), std::abs(*of_b));
    if (more <= kFar * less || more - less < 0.1) continue;
    found.push_back(
        {name, text(fact), text(other->second),
         fmt::format("when it was measured, {} was {} against {}", name, text(fact), text(other->second)),
         false});
  }
}

std::string listed(const Facts& facts) {
  std::string all;
  for (const auto& [name, fact] : facts) {
    all += fmt::format("{}={}:{}\n", name, fact.index(), text(fact));
  }
  return all;
}

}  // namespace

std::string conditions_digest(const Run& run, const TargetInfo& target) {
  return fmt::format("{:016x}", digest_of(listed(host_conditions(run)) + listed(target_conditions(target))));
}

std::vector<Difference> differences(const Run& a, const Run& b,
                                    const std::vector<std::pair<std::string, std::string>>& targets) {
  std::vector<Difference> forbidding, explaining;
  const RunHost host_a = host_of(a.environment), host_b = host_of(b.environment);
  if (!host_a.id.empty() && !host_b.id.empty() && host_a.id != host_b.id) {
    const std::string name_a = host_words(host_a), name_b = host_words(host_b);
    forbidding.push_back(
        {"host", name_a, name_b, fmt::format("another host measured: {} against {}", name_a, name_b), true});
  }
  add_different("", host_conditions(a), host_conditions(b), true, forbidding);
  for (const auto& [name_a, name_b] : targets) {
    const TargetInfo* of_a = find_target(a, name_a);
    const TargetInfo* of_b = find_target(b, name_b);
    if (of_a == nullptr || of_b == nullptr) continue;
    const std::string prefix = name_a == name_b ? name_a : name_a + " / " + name_b;
    // Two different targets differ in their engines because that is the question; their limits still count.
    if (name_a == name_b) {
      add_different(prefix, target_conditions(*of_a), target_conditions(*of_b), true, forbidding);
    } else {
      add_different(prefix, {{"cpus", std::int64_t{of_a->cpus}}, {"memory limit", bytes(of_a->memory_bytes)}},
                    {{"cpus", std::int64_t{of_b->cpus}}, {"memory limit", bytes(of_b->memory_bytes)}}, true,
                    forbidding);
      add_different(prefix, variables_of(*of_a), variables_of(*of_b), false, explaining);
    }
    add_different(prefix, target_subject(*of_a), target_subject(*of_b), false, explaining);
  }
  if (a.suite_commit != b.suite_commit) {
    explaining.push_back(
        {"suite commit", a.suite_commit, b.suite_commit,
         fmt::format("bench was built from another commit: {} against {}", a.suite_commit, b.suite_commit),
         false});
  }
  add_volatile(a, b, explaining);
  forbidding.insert(forbidding.end(), explaining.begin(), explaining.end());
  return forbidding;
}

}  // namespace bench
