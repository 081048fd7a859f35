// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "planner/thresholds/threshold_search.hpp"

namespace tiercut::planner {

struct UnorderedFound {
  SearchFound found;
  std::vector<ExitChoice> choices;
};

/// Costs or limited amounts that fall with the level (an eager exit that is slower than what it runs beside): a sample
/// without loss may do better to go on, so every score is a candidate. Enumerates them all under the bounds of the
/// largest ordered costs below; where that takes more than about a second, their exact optimum is the lower bound.
UnorderedFound search_unordered(const ThresholdProblem& problem, const ReducedTrace& trace, std::uint64_t budget,
                                const LevelCosts& costs, double incumbent, const SearchLimits& limits);

}  // namespace tiercut::planner
