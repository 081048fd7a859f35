// SPDX-License-Identifier: Apache-2.0
#include "planner/monotone_search.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::planner {

std::optional<std::int64_t> last_within(const std::function<double(std::int64_t)>& f, double limit, std::int64_t low,
                                        std::int64_t high) {
  double at_low = f(low);
  if (at_low > limit) return std::nullopt;
  double at_high = f(high);
  if (at_high <= limit) return high;
  std::int64_t stride = 0;  // after a guess, walk away from it in growing strides until the limit lies between
  bool is_from_low = false;
  for (int step = 0; high - low > 1; ++step) {
    std::int64_t x = low + (high - low) / 2;
    if (stride > 0 && stride < high - low) {
      x = is_from_low ? low + stride : high - stride;
      stride *= 2;
    } else if (step % 3 != 2 && std::isfinite(at_high)) {
      const double share = (limit - at_low) / (at_high - at_low);
      x = low + static_cast<std::int64_t>(share * static_cast<double>(high - low));
      stride = 1;
    }
    x = std::clamp(x, low + 1, high - 1);
    const double y = f(x);
    is_from_low = y <= limit;
    (is_from_low ? low : high) = x;
    (is_from_low ? at_low : at_high) = y;
  }
  return low;
}

}  // namespace tiercut::planner
