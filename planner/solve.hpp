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

/// By the dynamic program over chains where it applies, else by search_anytime. Whatever the dynamic program claims of
/// its plan is held against the estimate of the lowered plan; a difference is a broken invariant. A search that ends at
/// its limits, or is told to stop, returns what it has.
Result<Solved> solve(const scenarios::Scenario& scenario, const Goal& goal, const Effort& effort = {});

/// The plan with the least value of the required statistic, and that value.
Result<Solved> solve_nearest(const scenarios::Scenario& scenario, bool has_memory_limits);

}  // namespace tiercut::planner
