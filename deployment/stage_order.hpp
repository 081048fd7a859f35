// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "deployment/stage_graph.hpp"

/// From stages in the order they were thought of to the graph's order (internal to the folder).
namespace tiercut::deployment {

/// A stage, the level that it serves and the first layer it is about.
struct Draft {
  Stage stage;
  int level = 0;
  model::LayerId layer = 0;
};

/// Sorts topologically, among what is free by (level, layer, order of drafting), and renumbers edges and cancels.
/// Throws std::logic_error when the drafts form a cycle.
std::vector<Stage> in_order(std::vector<Draft> drafts);

}  // namespace tiercut::deployment
