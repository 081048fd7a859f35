// SPDX-License-Identifier: Apache-2.0
#include "tests/planner_thresholds/brute_force_thresholds.hpp"

#include <algorithm>

namespace tiercut::planner::testing {

BruteForce brute_force(const ThresholdProblem& problem, std::uint64_t budget, const LevelCosts& costs) {
  const std::size_t samples = problem.samples(), exits = problem.exits.size();
  BruteForce result;
  std::vector<std::size_t> cut(exits, 0);  // the sample whose score is the threshold; `samples`: nobody stops
  const auto stops = [&](std::size_t k, std::size_t i) {
    const auto& exit = problem.exits[k];
    if (!costs.uses_exit(k) || exit.may_answer[i] == 0 || cut[k] == samples) return false;
    const double threshold = exit.score[cut[k]];
    return exit.measure == model::Confidence::normalized_entropy ? exit.score[i] <= threshold
                                                                 : exit.score[i] >= threshold;
  };
  for (;;) {
    ++result.vectors;
    double cost = 0;
    std::uint64_t loss = 0;
    std::vector<double> amounts(costs.limits.size(), 0.0);
    for (std::size_t i = 0; i < samples; ++i) {
      std::size_t level = 0;
      while (level < exits && !stops(level, i)) ++level;
      cost += costs.cost[level];
      loss += level < exits ? problem.exits[level].loss[i] : problem.final_loss[i];
      for (std::size_t l = 0; l < amounts.size(); ++l) amounts[l] += costs.limits[l].amount[level];
    }
    bool is_within = true;
    for (std::size_t l = 0; l < amounts.size(); ++l)
      is_within &= amounts[l] <= costs.limits[l].most * static_cast<double>(samples) + 1e-6;
    if (is_within) result.least_loss = std::min(result.least_loss.value_or(loss), loss);
    if (is_within && loss <= budget) result.cost = std::min(result.cost.value_or(cost), cost);
    std::size_t k = 0;
    for (; k < exits; ++k) {
      if (costs.uses_exit(k) && ++cut[k] <= samples) break;
      cut[k] = 0;
    }
    if (k == exits) return result;
  }
}

}  // namespace tiercut::planner::testing
