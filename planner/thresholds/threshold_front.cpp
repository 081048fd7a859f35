// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/threshold_front.hpp"

#include <algorithm>

namespace tiercut::planner {

Result<std::vector<ThresholdAnswer>> threshold_front(ThresholdOptimiser& optimiser, std::uint64_t budget,
                                                     std::span<const LevelCosts> placements,
                                                     const ThresholdOptions& options) {
  // From the largest budget down: the optimum of a budget serves all budgets down to the loss that it really has.
  std::vector<ThresholdAnswer> front;
  for (;;) {
    auto answer = optimiser.cheapest(budget, placements, options);
    if (!answer) return tl::unexpected(answer.error());
    if (!answer->has_thresholds()) break;
    const std::uint64_t loss = answer->loss;
    const bool is_last = loss == 0 || answer->status != ThresholdStatus::optimal;
    if (!front.empty() && front.back().cost >= answer->cost) front.pop_back();
    front.push_back(std::move(*answer));
    if (is_last) break;
    budget = loss - 1;
  }
  std::reverse(front.begin(), front.end());
  return front;
}

}  // namespace tiercut::planner
