// SPDX-License-Identifier: Apache-2.0
#include "planner/judgement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tiercut::planner {

std::vector<deployment::MemoryUse> pools_over(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  auto uses = deployment::memory_use(scenario, plan);
  std::erase_if(uses, [](const deployment::MemoryUse& use) { return use.total() <= use.usable; });
  return uses;
}

bool meets_latency(const scenarios::Scenario& scenario, const Summary& latency) {
  const auto& required = scenario.requirement.latency;
  if (!required) return true;
  const double value = latency.at(required->statistic);
  return std::isfinite(value) && Span::from(Seconds(value)) <= Span::from(required->at_most);
}

std::string milliseconds(double seconds, bool rounds_up) {
  // A hundredth of a digit forgives what the conversion to decimal adds to a value that is exact there.
  const double scaled = seconds * 1e3 * 1e6;
  const double digits = rounds_up ? std::ceil(scaled - 0.01) : std::floor(scaled + 0.01);
  std::string text = fmt::format("{:.6f}", digits / 1e6);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " ms";
}

std::string name_of_requirement(const scenarios::Scenario& scenario) {
  const auto& required = *scenario.requirement.latency;
  return fmt::format("latency {} <= {}", to_text(required.statistic), milliseconds(required.at_most.value(), false));
}

std::string name_of_pool(const scenarios::Scenario& scenario, const deployment::MemoryUse& use) {
  const auto& profile = *scenario.device(use.device).profile;
  const std::string name = "memory of " + scenario.name_of(use.device);
  if (profile.pools.size() < 2) return name;
  return name + " (" + profile.pools[static_cast<std::size_t>(use.pool)].name + ")";
}

Result<PlanningResult> judged(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  auto graph = deployment::lower(scenario, plan);
  if (!graph) return tl::unexpected(graph.error());
  auto estimated = estimate(*graph);
  if (!estimated) return tl::unexpected(estimated.error());
  PlanningResult result;
  result.plan = plan;
  result.objective_s = estimated->latency_s.mean;
  if (!meets_latency(scenario, estimated->latency_s)) result.conflict.push_back(name_of_requirement(scenario));
  for (const auto& use : pools_over(scenario, plan)) result.conflict.push_back(name_of_pool(scenario, use));
  result.status = result.conflict.empty() ? deployment::PlanStatus::feasible : deployment::PlanStatus::infeasible;
  result.notes = graph->notes;
  if (graph->is_random)
    result.notes.push_back({Severity::note, "random-latency", Location{scenario.file, 0, 0, {}},
                            "costs or links of this plan are random; the percentiles here are of nominal values",
                            "simulate the plan for percentiles"});
  if (scenario.policy.fallback)
    result.notes.push_back({Severity::note, "fallback-not-priced", Location{scenario.file, 0, 0, "policy.fallback"},
                            "the scenario has a fallback, and these figures wait for the answer without it",
                            "simulate the plan to see how often it is taken"});
  if (!graph->faults.empty())
    result.notes.push_back({Severity::note, "faults-not-priced", Location{scenario.file, 0, 0, "faults"},
                            "the scenario has faults, and these figures are of a day without them",
                            "simulate the plan to see what they cost"});
  result.graph = std::move(*graph);
  result.estimate = std::move(*estimated);
  return result;
}

void set_bound(PlanningResult& result, double bound) {
  result.lower_bound_s = std::min(bound, result.objective_s);
  result.gap = result.objective_s > 0 ? (result.objective_s - result.lower_bound_s) / result.objective_s : 0;
}

}  // namespace tiercut::planner
