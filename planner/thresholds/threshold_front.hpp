// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "planner/thresholds/thresholds.hpp"

namespace tiercut::planner {

/// The exact front of (cost, loss) over all thresholds and placements with a loss of at most `budget`: losses rise,
/// costs fall, nobody dominates anybody. Its members are the optima of the nested budgets 0, 1, 2, ... Searches that
/// are stopped by `options` end it early, at the side of small losses; the last answer's status says so.
Result<std::vector<ThresholdAnswer>> threshold_front(ThresholdOptimiser& optimiser, std::uint64_t budget,
                                                     std::span<const LevelCosts> placements,
                                                     const ThresholdOptions& options = {});

}  // namespace tiercut::planner
