#pragma once

#include <algorithm>
#include <iterator>
#include <utility>

namespace bench {

// What is asked of lists again and again.

template <typename List, typename Value>
bool contains(const List& list, const Value& value) {
  return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

/// False where it was there already.
template <typename List, typename Value>
bool add_once(List& list, Value&& value) {
  if (contains(list, value)) return false;
  list.push_back(std::forward<Value>(value));
  return true;
}

/// The first that fits, null where none does.
template <typename List, typename Fits>
auto* find_where(List& list, Fits fits) {
  const auto found = std::find_if(std::begin(list), std::end(list), fits);
  return found == std::end(list) ? nullptr : &*found;
}

}  // namespace bench
