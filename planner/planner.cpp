// SPDX-License-Identifier: Apache-2.0
#include "planner/planner.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "deployment/relaxation.hpp"
#include "planner/baselines.hpp"
#include "planner/conflict.hpp"
#include "planner/joint_plan.hpp"
#include "planner/judgement.hpp"
#include "planner/solve.hpp"
#include "planner/ways_out.hpp"

namespace tiercut::planner {
namespace {

using deployment::Plan;
using deployment::PlanStatus;
using scenarios::Scenario;

/// Undivided deployments are compared with the exits as the plan sets them.
Scenario with_thresholds_of(const Scenario& scenario, const Plan& plan) {
  Scenario settled = scenario;
  for (std::size_t k = 0; k < settled.exits.size(); ++k) {
    auto& exit = settled.exits[k];
    if (!plan.uses_exit[k]) exit.reset();
    if (!exit || !exit->is_open) continue;
    exit->threshold = plan.thresholds[k];
    exit->is_open = false;
  }
  return settled;
}

/// The part of a result that does not depend on how the plan was found.
Result<PlanningResult> rounded_off(const Scenario& scenario, PlanningResult result, const PlanningOptions& options) {
  const bool misses_latency = !meets_latency(scenario, result.estimate.latency_s);
  if (options.with_ways_out && result.status == PlanStatus::infeasible && misses_latency) {
    const auto nearest = solve_nearest(scenario, true);
    if (!nearest) return tl::unexpected(nearest.error());
    if (const auto& best = nearest->outcome.best) {
      const auto graph = deployment::lower(scenario, best->plan);
      if (!graph) return tl::unexpected(graph.error());
      auto ways = find_ways_out(scenario, *graph, best->value_s);
      if (!ways) return tl::unexpected(ways.error());
      result.ways_out = std::move(*ways);
    }
  }
  if (options.with_baselines) result.baselines = price_baselines(scenario);
  return result;
}

/// No plan keeps everything: the nearest one, and what stands against each other.
Result<PlanningResult> infeasible(const Scenario& scenario) {
  auto nearest = solve_nearest(scenario, true);
  if (!nearest) return tl::unexpected(nearest.error());
  const bool fits_memory = nearest->outcome.best.has_value();
  if (!fits_memory) nearest = solve_nearest(scenario, false);
  if (!nearest) return tl::unexpected(nearest.error());
  if (!nearest->outcome.best)
    return fail("no-route", "no plan of this scenario connects its inputs with the device that wants the answer",
                "add links", Location{scenario.file, 0, 0, "links"});
  auto result = judged(scenario, nearest->outcome.best->plan);
  if (!result) return result;
  result->status = PlanStatus::infeasible;
  result->method = nearest->method;
  result->examined = nearest->outcome.examined;
  set_bound(*result, deployment::mean_latency_bound(scenario, result->plan));
  if (!fits_memory || !scenario.requirement.latency) return result;
  // Latency alone may not be to blame: without memory limits some plan might keep it.
  const auto roomy = solve(scenario, goal_of(scenario, false));
  if (!roomy) return tl::unexpected(roomy.error());
  if (roomy->outcome.best)
    for (const auto& use : pools_over(scenario, roomy->outcome.best->plan))
      result->conflict.push_back(name_of_pool(scenario, use));
  return result;
}

/// Names the smallest set of requirements that is to blame, pins included, and the ways out that each leaves.
Result<PlanningResult> with_conflict(const Scenario& scenario, PlanningResult result, const PlanningOptions& options) {
  if (result.status == PlanStatus::infeasible && options.with_ways_out) {
    auto conflict = minimal_conflict(scenario, true);
    if (!conflict) return tl::unexpected(conflict.error());
    if (!conflict->names.empty()) result.conflict = std::move(conflict->names);
    auto rounded = rounded_off(scenario, std::move(result), options);
    if (rounded) std::move(conflict->ways_out.begin(), conflict->ways_out.end(), std::back_inserter(rounded->ways_out));
    return rounded;
  }
  return rounded_off(scenario, std::move(result), options);
}

}  // namespace

Result<PlanningResult> make_plan(const Scenario& scenario, const PlanningOptions& options) {
  if (scenario.has_open_thresholds() || has_special_goal(scenario)) {
    auto made = scenario.has_open_thresholds() ? make_joint_plan(scenario, options.should_stop)
                                               : make_objective_plan(scenario, options.should_stop);
    if (made && options.should_stop) made->is_stopped = options.should_stop();
    if (made && options.with_baselines) made->baselines = price_baselines(with_thresholds_of(scenario, made->plan));
    return made;
  }
  const auto candidates = candidates_of(scenario);
  if (!candidates) return tl::unexpected(candidates.error());
  if (!candidates->has_choice()) {
    auto only = judged(scenario, candidates->plan);
    if (!only) return only;
    if (only->status == PlanStatus::feasible) only->status = PlanStatus::optimal;
    only->method = "pinned";
    only->examined = 1;
    set_bound(*only, only->objective_s);
    return with_conflict(scenario, std::move(*only), options);
  }

  const auto solved = solve(scenario, goal_of(scenario, true), {.should_stop = options.should_stop});
  if (!solved) return tl::unexpected(solved.error());
  if (!solved->outcome.best && !solved->outcome.is_complete)
    return fail("search-limit", "no plan was found within the search's limits", "pin layers to places",
                Location{scenario.file, 0, 0, "pins"});
  if (!solved->outcome.best) {
    auto nearest = infeasible(scenario);
    if (!nearest) return nearest;
    return with_conflict(scenario, std::move(*nearest), options);
  }
  auto result = judged(scenario, solved->outcome.best->plan);
  if (!result) return result;
  result->status = solved->outcome.is_complete ? PlanStatus::optimal : PlanStatus::feasible;
  result->method = solved->method;
  result->examined = solved->outcome.examined;
  result->is_stopped = !solved->outcome.is_complete && options.should_stop && options.should_stop();
  set_bound(*result, solved->outcome.best->bound_s);
  return rounded_off(scenario, std::move(*result), options);
}

Result<PlanningResult> evaluate_plan(const Scenario& scenario, const Plan& plan, const PlanningOptions& options) {
  auto result = judged(scenario, plan);
  if (!result) return result;
  result->method = "given";
  result->examined = 1;
  set_bound(*result, deployment::mean_latency_bound(scenario, plan));
  return rounded_off(scenario, std::move(*result), options);
}

}  // namespace tiercut::planner
