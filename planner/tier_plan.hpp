// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "planner/bounds.hpp"

namespace tiercut::planner {

/// Placements that are cheapest by the sum of computing and transfers (one minimum cut each, tier_problem.hpp), data
/// only climbing: one for each route from the device where the input arises to another device, over the devices with
/// places on it. A place by layer. Good to start from: where branches do not overlap in time, the sum is the latency.
/// `byte_price`: what every byte on a hop costs beside its time, ps; the dearer, the fewer bytes. None for several
/// inputs.
std::vector<std::vector<int>> tier_plans(const scenarios::Scenario& scenario, const Candidates& candidates,
                                         const Bounds& bounds, double byte_price = 0);

}  // namespace tiercut::planner
