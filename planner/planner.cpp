// SPDX-License-Identifier: Apache-2.0
#include "planner/planner.hpp"

#include <algorithm>
#include <cmath>

#include "deployment/relaxation.hpp"
#include "planner/baselines.hpp"
#include "planner/judgement.hpp"
#include "planner/solve.hpp"
#include "planner/ways_out.hpp"

namespace tiercut::planner {
namespace {

using deployment::Plan;
using deployment::PlanStatus;
using scenarios::Scenario;

Goal goal_of(const Scenario& scenario, bool has_memory_limits) {
  Goal goal{.kind = Goal::Kind::mean, .limit = std::nullopt, .has_memory_limits = has_memory_limits};
  if (scenario.requirement.latency) {
    goal.statistic = scenario.requirement.latency->statistic;
    goal.limit = Span::from(scenario.requirement.latency->at_most);
  }
  return goal;
}

/// Lowers and estimates the plan; status by memory and requirement, conflicts named. Bounds are left to the caller.
Result<PlanningResult> judged(const Scenario& scenario, const Plan& plan) {
  auto graph = deployment::lower(scenario, plan);
  if (!graph) return tl::unexpected(graph.error());
  auto estimated = estimate(*graph);
  if (!estimated) return tl::unexpected(estimated.error());
  PlanningResult result;
  result.plan = plan;
  result.objective_s = estimated->latency_s.mean;
  if (!meets_latency(scenario, estimated->latency_s)) result.conflict.push_back(name_of_requirement(scenario));
  for (const auto& use : pools_over(scenario, plan)) result.conflict.push_back(name_of_pool(scenario, use));
  result.status = result.conflict.empty() ? PlanStatus::feasible : PlanStatus::infeasible;
  result.notes = graph->notes;
  if (graph->is_random)
    result.notes.push_back({Severity::note, "random-latency", Location{scenario.file, 0, 0, {}},
                            "costs or links of this plan are random; the percentiles here are of nominal values",
                            "simulate the plan for percentiles"});
  result.graph = std::move(*graph);
  result.estimate = std::move(*estimated);
  return result;
}

void set_bound(PlanningResult& result, double bound) {
  result.lower_bound_s = std::min(bound, result.objective_s);
  result.gap = result.objective_s > 0 ? (result.objective_s - result.lower_bound_s) / result.objective_s : 0;
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

}  // namespace

Result<PlanningResult> make_plan(const Scenario& scenario, const PlanningOptions& options) {
  const auto candidates = candidates_of(scenario);
  if (!candidates) return tl::unexpected(candidates.error());
  if (!candidates->has_choice()) {
    auto only = judged(scenario, candidates->plan);
    if (!only) return only;
    if (only->status == PlanStatus::feasible) only->status = PlanStatus::optimal;
    only->method = "pinned";
    only->examined = 1;
    set_bound(*only, only->objective_s);
    return rounded_off(scenario, std::move(*only), options);
  }

  const auto solved = solve(scenario, goal_of(scenario, true));
  if (!solved) return tl::unexpected(solved.error());
  if (!solved->outcome.best && !solved->outcome.is_complete)
    return fail("search-limit", "no plan was found within the search's limits", "pin layers to places",
                Location{scenario.file, 0, 0, "pins"});
  if (!solved->outcome.best) {
    auto nearest = infeasible(scenario);
    if (!nearest) return nearest;
    return rounded_off(scenario, std::move(*nearest), options);
  }
  auto result = judged(scenario, solved->outcome.best->plan);
  if (!result) return result;
  result->status = solved->outcome.is_complete ? PlanStatus::optimal : PlanStatus::feasible;
  result->method = solved->method;
  result->examined = solved->outcome.examined;
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
