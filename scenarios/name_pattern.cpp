// SPDX-License-Identifier: Apache-2.0
#include "scenarios/name_pattern.hpp"

#include <cstddef>

namespace tiercut::scenarios {

// Only the last star ever needs to take more: what came before it has matched as early as possible.
bool matches(std::string_view name, std::string_view pattern) {
  std::size_t at = 0, next = 0;
  std::size_t star = std::string_view::npos, taken = 0;
  while (at < name.size()) {
    if (next < pattern.size() && pattern[next] == '*') {
      star = next++;
      taken = at;
    } else if (next < pattern.size() && (pattern[next] == '?' || pattern[next] == name[at])) {
      ++next;
      ++at;
    } else if (star != std::string_view::npos) {
      next = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  while (next < pattern.size() && pattern[next] == '*') ++next;
  return next == pattern.size();
}

}  // namespace tiercut::scenarios
