#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace bench {

/// Indices in [0, n), the same on every platform: the standard fixes mt19937_64, but not its distributions.
/// Multiply-and-shift over 32 bits; its bias is below n / 2³².
class IndexSource {
 public:
  explicit IndexSource(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t n) {
    if (!have_half_) {
      bits_ = engine_();
    } else {
      bits_ >>= 32;
    }
    have_half_ = !have_half_;  // one draw of the engine serves two indices
    return static_cast<std::size_t>(((bits_ & 0xffffffffU) * static_cast<std::uint64_t>(n)) >> 32);
  }

 private:
  std::mt19937_64 engine_;
  std::uint64_t bits_ = 0;
  bool have_half_ = false;
};

}  // namespace bench
