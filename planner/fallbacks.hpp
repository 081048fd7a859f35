// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/planner.hpp"
#include "planner/weight_move.hpp"

namespace tiercut::planner {

/// One thing that stops working: a device with all its links (a group: all its members), or a link (one written with
/// `between`: in both directions).
struct Failure {
  enum class Kind { device, link } kind = Kind::device;
  std::string name;
};

/// Every device that neither an input arises at nor the answer is wanted at, then every link, in the order of the file.
std::vector<Failure> single_failures(const scenarios::Scenario& scenario);

/// The scenario without it: a device keeps its name and place in the list, but runs nothing and nothing leads to it;
/// what was pinned to it is free. Faults that the scenario foresees are left out. Plans for it are plans for the
/// scenario.
scenarios::Scenario without(const scenarios::Scenario& scenario, const Failure& failure);

struct Fallback {
  Failure failure;
  /// In the scenario without it: the best plan, status infeasible when it answers but misses the promise. Nothing: no
  /// plan answers, or none was found.
  std::optional<PlanningResult> result;
  std::string why_not;  ///< then: why
  bool stays = false;   ///< the plan in force goes on as it is, and no other is better
  double change_s = 0;  ///< of the mean latency, or the statistic of the objective, against the plan in force
  WeightMove move;      ///< from the plan in force; its links count those that are left
  std::vector<std::string> freed;  ///< layers that were pinned to what failed, and run elsewhere
};

/// For each single failure the best plan that is left, by make_plan. `in_force`: the plan that it takes over from,
/// which must be deployable. Weights on a failed device come from `store`, unless that failed: then from the device
/// that wants the answer. Fails as lowering and estimating the plan in force do; stopped early, the rest is left out.
Result<std::vector<Fallback>> plan_fallbacks(const scenarios::Scenario& scenario, const deployment::Plan& in_force,
                                             scenarios::DeviceRef store, const PlanningOptions& options = {});

}  // namespace tiercut::planner
