// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "planner/candidates.hpp"

namespace tiercut::planner {

/// What runs between two decisions: the trunk from where the last exit's branch left it to where the next one leaves,
/// and that branch; a path, since all of it serves one decision.
struct ChainStep {
  int exit = -1;                       ///< -1: the final answer
  double probability = 1;              ///< that this step answers when it is reached
  model::LayerId start = 0;            ///< the tensor it starts from
  std::vector<model::LayerId> layers;  ///< the path, not empty
  int branch_point = -1;               ///< index in `layers` of the tensor from which the next step starts; -1: `start`
};

/// Nothing when the scenario is more than a chain whose steps follow each other: an eager exit, exits that are asked in
/// another order than they leave the trunk, a step without layers, an aggregation policy.
std::optional<std::vector<ChainStep>> chain_steps(const scenarios::Scenario& scenario, const Candidates& candidates);

}  // namespace tiercut::planner
