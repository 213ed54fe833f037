#include "drivers/instance.h"

#include <cstdio>
#include <exception>
#include <utility>

namespace bench {

Instance Instance::create(Driver& driver, const ImageSet& images, const InstanceSpec& spec,
                          std::stop_token stop) {
  return {driver, driver.create(images, spec, stop)};
}

Instance::Instance(Instance&& other) noexcept
    : driver_(std::exchange(other.driver_, nullptr)), id_(std::move(other.id_)) {}

Instance& Instance::operator=(Instance&& other) noexcept {
  if (this != &other) {
    remove_quietly();
    driver_ = std::exchange(other.driver_, nullptr);
    id_ = std::move(other.id_);
  }
  return *this;
}

Instance::~Instance() {
  remove_quietly();
}

void Instance::remove() {
  if (driver_ == nullptr) return;
  driver_->remove(id_);
  driver_ = nullptr;
}

void Instance::remove_quietly() noexcept {
  try {
    remove();
  } catch (const std::exception& error) {
    // A destructor has nobody to tell but the user; the label on the instance lets `bench clean` find it.
    std::fprintf(stderr, "bench: could not remove %s: %s\n", id_.c_str(), error.what());
  }
  driver_ = nullptr;
}

}  // namespace bench
