// SPDX-License-Identifier: Apache-2.0
#include "planner/solve.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "deployment/lowering.hpp"
#include "planner/anytime_search.hpp"
#include "planner/estimate.hpp"

namespace tiercut::planner {
namespace {

void hold_against_estimate(const scenarios::Scenario& scenario, const Goal& goal, const Found& found) {
  const auto graph = deployment::lower(scenario, found.plan);
  const auto latency = graph ? estimate_latency(*graph) : Result<Summary>(tl::unexpected(graph.error()));
  if (!latency) throw std::logic_error("the planner chose a plan that cannot be lowered: " + to_text(latency.error()));
  const double value = goal.kind == Goal::Kind::mean ? latency->mean : latency->at(goal.statistic);
  if (std::abs(value - found.value_s) > 1e-9 * value)
    throw std::logic_error(
        fmt::format("the dynamic program says {} s, the estimate of its plan {} s", found.value_s, value));
}

}  // namespace

Goal goal_of(const scenarios::Scenario& scenario, bool has_memory_limits) {
  Goal goal{.kind = Goal::Kind::mean, .limit = std::nullopt, .has_memory_limits = has_memory_limits};
  if (scenario.requirement.latency) {
    goal.statistic = scenario.requirement.latency->statistic;
    goal.limit = Span::from(scenario.requirement.latency->at_most);
  }
  return goal;
}

Result<Solved> solve(const scenarios::Scenario& scenario, const Goal& goal, const Effort& effort) {
  const auto candidates = candidates_of(scenario);
  if (!candidates) return tl::unexpected(candidates.error());
  if (auto outcome = search_chain(scenario, *candidates, goal)) {
    if (outcome->best) hold_against_estimate(scenario, goal, *outcome->best);
    return Solved{std::move(*outcome), "chain dynamic program"};
  }
  return search_anytime(scenario, *candidates, goal, effort);
}

Result<Solved> solve_nearest(const scenarios::Scenario& scenario, bool has_memory_limits) {
  Goal goal{.kind = Goal::Kind::statistic, .limit = std::nullopt, .has_memory_limits = has_memory_limits};
  if (scenario.requirement.latency) goal.statistic = scenario.requirement.latency->statistic;
  return solve(scenario, goal);
}

}  // namespace tiercut::planner
