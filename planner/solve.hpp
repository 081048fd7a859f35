// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/search.hpp"

namespace tiercut::planner {

struct Solved {
  SearchOutcome outcome;
  std::string method;
};

/// The least mean latency within the scenario's requirement.
Goal goal_of(const scenarios::Scenario& scenario, bool has_memory_limits);

/// By the dynamic program where it applies, else by branch and bound. Whatever the dynamic program claims of its plan
/// is held against the estimate of the lowered plan; a difference is a broken invariant. Fails with model-not-chain
/// when the search of a model that is no chain ends at its own limits; told to stop, it returns what it has.
Result<Solved> solve(const scenarios::Scenario& scenario, const Goal& goal, const Effort& effort = {});

/// The plan with the least value of the required statistic, and that value.
Result<Solved> solve_nearest(const scenarios::Scenario& scenario, bool has_memory_limits);

}  // namespace tiercut::planner
