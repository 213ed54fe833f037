#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// FNV-1a: not for security, only to keep things apart; the same on every machine.
inline std::uint64_t digest_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

}  // namespace bench
