// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "planner/candidates.hpp"

namespace tiercut::planner {

/// Part of a graph between two tensors that everything passes through.
struct GraphBlock {
  model::LayerId start = -1;           ///< whose tensor alone it begins with; -1: with the model's inputs
  std::vector<model::LayerId> layers;  ///< inputs before consumers; only the tensor of the last one goes on
};

/// Tensors that are needed behind a position of the order of `candidates.layers`, inputs of the model included: by
/// position, ascending. Position i is before the i-th layer.
std::vector<std::vector<model::LayerId>> live_tensors(const scenarios::Scenario& scenario,
                                                      const Candidates& candidates);

/// The layers to be placed, cut at every tensor that is alone at its position. All but one of the ends' ancestors come
/// before it in any order, so times add up from block to block.
std::vector<GraphBlock> graph_blocks(const scenarios::Scenario& scenario, const Candidates& candidates);

}  // namespace tiercut::planner
