// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/planner.hpp"

namespace tiercut::planner {

/// What would make the latency requirement hold, each verified by planning anew with it. `graph` is that of the plan
/// with the least value of the required statistic.
Result<std::vector<WayOut>> find_ways_out(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                                          double least_statistic_s);

}  // namespace tiercut::planner
