// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/planner.hpp"

namespace tiercut::planner {

/// Requirements that cannot hold together: without any one of them the others could.
struct Conflict {
  std::vector<std::string> names;
  std::vector<WayOut> ways_out;  ///< one at a time, everything else in force: memory (exact to the byte) and pins
};

/// Of an infeasible scenario with given thresholds or probabilities: latency, the memory of each device, each pin.
/// Found by leaving out one after the other, pins first, so that what can be named without a pin is. Fails as solve
/// does.
Result<Conflict> minimal_conflict(const scenarios::Scenario& scenario, bool with_ways_out);

}  // namespace tiercut::planner
