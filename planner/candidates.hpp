// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "deployment/plan.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::planner {

/// What there is to decide: for every layer that an answer needs, the places that pins and cost laws leave it.
struct Candidates {
  std::vector<deployment::Place> places;   ///< all that any layer may take, in the order of the scenario
  std::vector<std::vector<int>> by_layer;  ///< indices into places; empty where there is nothing to decide
  std::vector<model::LayerId> layers;      ///< those to be placed, by (level, id): inputs stand before consumers
  std::vector<int> level;                  ///< by layer, as the lowering sees it
  std::vector<int> guard;                  ///< by level: the exit whose inconclusive outcome it waits for, or -1
  deployment::Plan plan;                   ///< exits and policy set; layers at their first candidate

  bool has_choice() const;
};

/// Fails with no-cost when a layer has no place at all.
Result<Candidates> candidates_of(const scenarios::Scenario& scenario);

}  // namespace tiercut::planner
