// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "planner/thresholds/level_costs.hpp"
#include "planner/thresholds/threshold_problem.hpp"

namespace tiercut::planner::testing {

/// Cost (sum over samples) and loss of the best of all (N+1)^K threshold vectors, each asked sample by sample.
struct BruteForce {
  std::optional<double> cost;               ///< the cheapest within budget and limits
  std::optional<std::uint64_t> least_loss;  ///< within the limits, whatever the budget
  std::size_t vectors = 0;
};

BruteForce brute_force(const ThresholdProblem& problem, std::uint64_t budget, const LevelCosts& costs);

}  // namespace tiercut::planner::testing
