// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "planner/thresholds/thresholds.hpp"

namespace tiercut::planner {

/// What thresholds are set by elsewhere, to hold the exact choice against. All keep the loss budget and the limits;
/// status is feasible or infeasible (none found), the lower bound 0.

/// One threshold for all exits, the cheapest over every score of the trace (what risk-control methods calibrate).
/// Exits must be asked by one measure.
ThresholdAnswer shared_threshold(const ThresholdProblem& problem, std::uint64_t budget, const LevelCosts& costs);

/// The cheapest shared thresholds for loss budgets 0, 1, 2, ... up to `budget`: losses rise, costs fall.
std::vector<ThresholdAnswer> shared_path(const ThresholdProblem& problem, std::uint64_t budget,
                                         const LevelCosts& costs);

/// The cheapest of points^exits vectors: at each exit the quantiles 0, 1/(points-1), ..., 1 of its scores.
ThresholdAnswer grid_thresholds(const ThresholdProblem& problem, std::uint64_t budget, const LevelCosts& costs,
                                std::size_t points = 11);

/// From `nobody stops early`, one threshold at a time to its best value until none moves.
ThresholdAnswer descend_coordinates(ThresholdOptimiser& optimiser, std::uint64_t budget, const LevelCosts& costs);

}  // namespace tiercut::planner
