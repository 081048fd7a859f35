// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deployment/plan_in_force.hpp"
#include "planner/planner.hpp"
#include "planner/weight_move.hpp"

namespace tiercut::planner {

struct ReplanRequest {
  /// How many samples the plan is to serve: what moving costs then counts. Nothing: the best plan, whatever it takes.
  std::optional<std::int64_t> horizon;
  scenarios::DeviceRef store;  ///< has the weights that are nowhere else
};

/// What to do with a plan in force, the scenario being what it is now.
struct Replan {
  std::optional<PlanningResult> kept;  ///< the plan in force as it stands; nothing when it cannot be deployed any more
  std::vector<std::string> why_not;    ///< what forbids to keep it; empty: nothing
  PlanningResult best;                 ///< as make_plan, whatever moving costs
  WeightMove best_move;
  PlanningResult recommended;  ///< the plan in force, the best one, or (weighed) one between them
  WeightMove move;             ///< to it; nothing to do when the plan in force stays
  bool stays = false;
  /// When weighed: horizon x mean latency + least time of shipping, s, and the least that any plan has.
  struct Weighed {
    double value_s = 0, kept_s = 0, best_s = 0, lower_bound_s = 0;  ///< infinite: not possible
    std::size_t examined = 0;
  };
  std::optional<Weighed> weighed;

  /// How much sooner a sample is answered than by the plan in force (mean, or the statistic of the scenario's
  /// objective); below 0: later. Nothing when that plan cannot be deployed.
  std::optional<double> gain_s(const PlanningResult& result) const;
  /// After how many samples shipping is made up for; nothing: never, or nothing to compare with.
  std::optional<double> break_even(const PlanningResult& result, const WeightMove& to) const;
  Statistic statistic = Statistic::mean;
};

/// Plans anew. Without a horizon the plan in force stays when no other is better; with one, the plan is the least of
/// horizon x mean latency + time of shipping among all that keep the promise and whose weights can get there: by branch
/// and bound, for chains from relax_move on, with the bound of what was not looked at (scenarios with open thresholds,
/// a limit on losses, or another objective than mean latency: the better of staying and the best plan, with bound 0).
/// No plan that keeps the promise: the nearest one, nothing weighed. Fails as make_plan does, and with bad-objective
/// when a horizon is given and accuracy is the objective.
Result<Replan> replan(const scenarios::Scenario& scenario, const deployment::PlanInForce& in_force,
                      const ReplanRequest& request, const PlanningOptions& options = {});

}  // namespace tiercut::planner
