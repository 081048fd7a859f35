// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "planner/thresholds/level_costs.hpp"
#include "planner/thresholds/reduced_trace.hpp"

namespace tiercut::planner {

inline constexpr std::size_t max_limits = 7;

/// Sums over samples: the cost first, then one for each limit.
using Sums = std::array<double, 1 + max_limits>;

/// Cost and limits as sums of survivors: base + sum over exits of step * (samples of the reduced trace that go on).
/// Steps are not negative for ordered costs, so leaving exits out of the sum bounds it from below.
struct CostTerms {
  /// A reduction serves every budget up to its own.
  CostTerms(const ReducedTrace& trace, const LevelCosts& costs, std::uint64_t budget);

  void add(Sums& sums, std::size_t exit, std::size_t survivors) const {
    for (std::size_t m = 0; m < rows; ++m) sums[m] += step[exit][m] * static_cast<double>(survivors);
  }
  bool keeps_limits(const Sums& sums) const {
    for (std::size_t m = 1; m < rows; ++m)
      if (sums[m] > most[m]) return false;
    return true;
  }

  std::size_t rows = 1;
  bool is_possible = false;  ///< as far as the unavoidable loss tells
  std::uint64_t slack = 0;   ///< budget above the unavoidable loss
  Sums base{}, most{};
  std::vector<Sums> step;  ///< by reduced exit
};

inline CostTerms::CostTerms(const ReducedTrace& trace, const LevelCosts& costs, std::uint64_t budget)
    : rows(1 + costs.limits.size()),
      is_possible(trace.is_feasible && budget >= trace.least_loss),
      slack(is_possible ? budget - trace.least_loss : 0) {
  const auto samples = static_cast<double>(trace.samples);
  step.resize(trace.exits.size());
  for (std::size_t m = 0; m < rows; ++m) {
    const auto& row = m == 0 ? costs.cost : costs.limits[m - 1].amount;
    const auto level = [&](std::size_t e) {
      return row[e < trace.exits.size() ? trace.exits[e].exit : row.size() - 1];
    };
    base[m] = samples * level(0);
    for (std::size_t e = 0; e < trace.exits.size(); ++e) {
      step[e][m] = level(e + 1) - level(e);
      base[m] += step[e][m] * static_cast<double>(trace.never_stop);
    }
    if (m > 0) most[m] = with_tolerance(costs.limits[m - 1].most) * samples;
  }
}

}  // namespace tiercut::planner
