#pragma once

namespace bench::test {

/// For what a busy host can only make worse, such as a delay: true as soon as one of a few tries holds.
template <typename Attempt>
bool one_of(int tries, Attempt attempt) {
  for (int i = 0; i < tries; ++i) {
    if (attempt()) return true;
  }
  return false;
}

}  // namespace bench::test
