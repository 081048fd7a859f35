// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/planner.hpp"

namespace tiercut::planner {

/// Placement, used exits and open thresholds together (docs/thresholds.md). Fails with no-goal when the scenario says
/// neither how good answers must be nor how soon they must come.
Result<PlanningResult> make_joint_plan(const scenarios::Scenario& scenario,
                                       const std::function<bool()>& should_stop = {});

/// The plan with given thresholds or probabilities that is best by the scenario's objective and keeps its quality.
Result<PlanningResult> make_objective_plan(const scenarios::Scenario& scenario,
                                           const std::function<bool()>& should_stop = {});

/// Whether make_objective_plan has to decide: mean latency alone is left to faster searches.
bool has_special_goal(const scenarios::Scenario& scenario);

}  // namespace tiercut::planner
