// SPDX-License-Identifier: Apache-2.0
#include "tests/planner/brute_force.hpp"

#include <algorithm>
#include <cmath>

#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"

namespace tiercut::testing {
namespace {

bool is_allowed(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  for (const auto& pin : scenario.pins)
    for (const auto layer : pin.layers)
      if (plan.placement[static_cast<std::size_t>(layer)].device != pin.device) return false;
  const auto uses = deployment::memory_use(scenario, plan);
  return std::all_of(uses.begin(), uses.end(), [](const auto& use) { return use.total() <= use.usable; });
}

void try_one(const scenarios::Scenario& scenario, const deployment::Plan& plan, BruteForce& result) {
  ++result.placements;
  if (!is_allowed(scenario, plan)) return;
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return;
  const auto estimate = planner::estimate(*graph);
  if (!estimate) return;
  const auto keep_least = [](std::optional<double>& least, double value) {
    if (std::isfinite(value)) least = std::min(least.value_or(value), value);
  };
  const auto& required = scenario.requirement.latency;
  if (required) {
    const double value = estimate->latency_s.at(required->statistic);
    keep_least(result.least_statistic_s, value);
    if (!std::isfinite(value) || Span::from(Seconds(value)) > Span::from(required->at_most)) return;
  }
  keep_least(result.best_mean_s, estimate->latency_s.mean);
}

}  // namespace

std::optional<BruteForce> brute_force(const scenarios::Scenario& scenario, std::size_t most) {
  const auto places = scenario.places();
  std::vector<std::size_t> layers;
  for (std::size_t i = 0; i < scenario.model->layers.size(); ++i) {
    const auto type = scenario.model->layers[i].type;
    if (type != model::LayerType::input && type != model::LayerType::output) layers.push_back(i);
  }
  if (std::pow(static_cast<double>(places.size()), static_cast<double>(layers.size())) > static_cast<double>(most))
    return std::nullopt;
  BruteForce result;
  deployment::Plan plan = deployment::undivided(scenario, places.front());
  std::vector<std::size_t> choice(layers.size(), 0);
  while (true) {
    try_one(scenario, plan, result);
    std::size_t digit = 0;
    for (; digit < layers.size(); ++digit) {
      choice[digit] = (choice[digit] + 1) % places.size();
      plan.placement[layers[digit]] = places[choice[digit]];
      if (choice[digit] != 0) break;
    }
    if (digit == layers.size()) return result;
  }
}

}  // namespace tiercut::testing
