// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "deployment/plan.hpp"

/// From layers to calls (internal to the folder): which layers a plan needs, on which level, and which run together.
namespace tiercut::deployment {

/// Layers of one level on one place that run as one compute stage.
struct Group {
  Place place;
  int level = 0;
  int rank = 0;
  profiles::Execution execution = profiles::Execution::call;
  std::vector<model::LayerId> layers;  ///< ascending
};

struct Structure {
  std::vector<int> level;     ///< by layer: the first used exit that needs it, the number of exits for the final
                              ///< answer; unneeded beyond
  std::vector<int> guard;     ///< by level: the exit whose inconclusive outcome it waits for, or -1
  std::vector<Group> groups;  ///< ordered by (level, rank, first layer): all data of a group come from before it
  std::vector<int> group_of;  ///< by layer; -1 for Input, Output and dropped layers
  int unneeded = 0;           ///< the level of a dropped layer

  bool is_needed(model::LayerId layer) const { return level[static_cast<std::size_t>(layer)] < unneeded; }
};

/// What is wrong with the plan as such: bad-plan (vectors of a wrong length), unplaceable-layer.
Diagnostics check_places(const scenarios::Scenario& scenario, const Plan& plan);

/// Of a plan that check_places lets pass.
Structure structure_of(const scenarios::Scenario& scenario, const Plan& plan);

/// The policy of a join that does not simply wait for all its inputs, or null.
const scenarios::JoinPolicy* partial_join(const scenarios::Scenario& scenario, model::LayerId layer);

}  // namespace tiercut::deployment
