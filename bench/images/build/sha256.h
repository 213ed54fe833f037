#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

/// SHA-256 over what is added, as 64 hexadecimal digits.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256& add(std::string_view bytes);
  /// Adds the length first, so that ("ab", "c") and ("a", "bc") differ.
  Sha256& add_field(std::string_view bytes);
  /// Throws Error{kIo} when the file cannot be read.
  Sha256& add_file(const std::filesystem::path& path);
  /// Ends the sum; nothing may be added afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// HMAC-SHA-256 of `text`, as 64 hexadecimal digits: who lacks `key` cannot tell it by trying texts.
std::string hmac_sha256(std::string_view key, std::string_view text);

std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace bench
