// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "planner/answer_levels.hpp"
#include "planner/search.hpp"

namespace tiercut::planner {

/// A placement with its used exits, before any threshold is chosen.
struct PooledPlan {
  deployment::Plan plan;
  AnswerLevels levels;
};

/// Every placement that may be best for some thresholds: nobody else answers as soon at every level. Which thresholds
/// are chosen, and by which statistic of latency, does not matter.
struct PlacementPool {
  std::vector<PooledPlan> plans;  ///< fewer used exits first
  std::vector<AnswerLevels>
      open;                  ///< no sooner than this are the answers of what was left out; not exact: in any order
  std::size_t examined = 0;  ///< nodes
  bool is_complete() const { return open.empty(); }
};

/// At most so many exits with open thresholds are left out by turns; beyond, all of them are used.
inline constexpr std::size_t most_optional_exits = 6;

/// Over all places, and over using each exit with an open threshold or not; memory limits and pins kept. `limit`:
/// plans none of whose answers comes in time are left out. `with_amounts`: those stay too that move fewer bytes or keep
/// some resource less busy at some level; then no branch is cut early. Fails as candidates_of does.
Result<PlacementPool> pool_placements(const scenarios::Scenario& scenario, std::optional<Span> limit,
                                      const Effort& effort = {}, bool with_amounts = false);

/// The scenario with exits that nobody has measured: no trace, no requirement, these exits with a probability of one
/// half. What its stage graphs do, answer_levels tells.
scenarios::Scenario without_outcomes(const scenarios::Scenario& scenario, const std::vector<bool>& uses_exit);

}  // namespace tiercut::planner
