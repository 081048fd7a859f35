// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "planner/search.hpp"
#include "planner/weight_move.hpp"

/// A bound on latency and shipping together, for chains (internal to planner/).
namespace tiercut::planner {

struct MoveRelaxation {
  double bound_s = 0;                   ///< no plan has less horizon x mean latency + least time of shipping
  std::vector<deployment::Plan> plans;  ///< that come near it; they may miss the requirement's mean
};

/// Shipping takes at least as long as any link needs for its bytes, so at least the mean of these times under any
/// weights that sum to 1 (Lagrangian relaxation of a maximum). That mean is a sum over layers: for given weights the
/// dynamic program over chains finds the least plan with it exactly. Weights move towards the links that are busiest in
/// the plan found (subgradient), and the best bound counts. With one link that weights can cross at all, nothing is
/// relaxed but its latency and overhead, which then are counted for all plans that ship anything; those that do not are
/// planned for by themselves. Nothing when the scenario is not such a chain (search_chain).
std::optional<MoveRelaxation> relax_move(const scenarios::Scenario& scenario, const Candidates& candidates,
                                         const deployment::PlanInForce& in_force, scenarios::DeviceRef store,
                                         double horizon);

}  // namespace tiercut::planner
