#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace bench {

/// The one owner of an instance: whatever happens, the instance is removed when this goes. Move-only.
/// The driver must outlive it.
class Instance {
 public:
  /// Driver::create. If that throws, the driver has left nothing behind.
  static Instance create(Driver& driver, const ImageSet& images, const InstanceSpec& spec,
                         std::stop_token stop);

  /// Takes an instance that exists (a leftover).
  Instance(Driver& driver, std::string id) : driver_(&driver), id_(std::move(id)) {}
  Instance(Instance&& other) noexcept;
  Instance& operator=(Instance&& other) noexcept;
  ~Instance();

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] Driver& driver() const { return *driver_; }

  void console(std::shared_ptr<ConsoleSink> sink) { driver_->console(id_, std::move(sink)); }
  void start(std::stop_token stop) { driver_->start(id_, stop); }
  [[nodiscard]] Endpoint endpoint() { return driver_->endpoint(id_); }
  [[nodiscard]] InstanceState state() { return driver_->state(id_); }
  [[nodiscard]] std::vector<HostProcess> processes() { return driver_->processes(id_); }
  void stop(Seconds grace) { driver_->stop(id_, grace); }

  /// Removes the instance now, so that a failure to do so is seen. Throws what the driver throws; the
  /// destructor then tries once more. Without effect the second time.
  void remove();
  /// False once removed or moved from.
  [[nodiscard]] bool owns() const { return driver_ != nullptr; }

 private:
  void remove_quietly() noexcept;

  Driver* driver_ = nullptr;
  std::string id_;
};

}  // namespace bench
