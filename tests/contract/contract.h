#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace bench::test {

/// What one driver under the contract needs, and how far it goes here. Made once for all tests of a case.
class ContractWorld {
 public:
  virtual ~ContractWorld() = default;
  virtual Driver& driver() = 0;
  [[nodiscard]] virtual const ImageSet& images() const = 0;
  [[nodiscard]] virtual std::string profile() const { return ""; }

  /// The driver keeps the owner of an instance (libvirt's test driver has no place for it).
  [[nodiscard]] virtual bool keeps_owner() const { return true; }
  [[nodiscard]] virtual Seconds ready_within() const { return Seconds(10); }
  [[nodiscard]] virtual std::int64_t memory_bytes() const { return std::int64_t{512} << 20; }
  /// Roles of processes that every living instance has, and that the engine has while it works.
  [[nodiscard]] virtual std::vector<std::string> roles() const { return {"app"}; }
  [[nodiscard]] virtual std::vector<std::string> engine_roles() const { return {}; }
  /// Lets the instance die without the driver's doing.
  virtual void kill(const std::string& id) = 0;
};

struct ContractCase {
  std::string name;  ///< [a-z_]+
  /// Throws Error{kUnavailable} where the machine lacks what it needs: the case is then skipped with that
  /// reason.
  std::function<std::unique_ptr<ContractWorld>()> make;
  /// The instance's app really answers, with its nonce, and its console speaks: false for libvirt's test
  /// driver.
  bool serves = true;
};
inline void PrintTo(const ContractCase& one, std::ostream* out) {
  *out << one.name;
}

/// A case registers itself from its own file:
///   const bool registered = register_contract_case({"fake", [] { return std::make_unique<…>(); }});
bool register_contract_case(ContractCase contract_case);
std::vector<ContractCase> contract_cases();
std::vector<ContractCase> serving_contract_cases();

/// SIGKILL to all host processes of the instance with that role: how most worlds let an instance die.
void kill_host_processes(Driver& driver, const std::string& id, const std::string& role);

}  // namespace bench::test
