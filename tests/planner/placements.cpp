// SPDX-License-Identifier: Apache-2.0
#include "tests/planner/placements.hpp"

#include <algorithm>
#include <cmath>

#include "deployment/lowering.hpp"

namespace tiercut::testing {

bool is_deployable(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  for (const auto& pin : scenario.pins)
    for (const auto layer : pin.layers)
      if (plan.placement[static_cast<std::size_t>(layer)].device != pin.device) return false;
  const auto uses = deployment::memory_use(scenario, plan);
  return std::all_of(uses.begin(), uses.end(), [](const auto& use) { return use.total() <= use.usable; });
}

bool for_all_placements(const scenarios::Scenario& scenario, std::size_t most,
                        const std::function<void(const deployment::Plan&)>& look) {
  const auto places = scenario.places();
  std::vector<std::size_t> layers;
  for (std::size_t i = 0; i < scenario.model->layers.size(); ++i) {
    const auto type = scenario.model->layers[i].type;
    if (type != model::LayerType::input && type != model::LayerType::output) layers.push_back(i);
  }
  if (std::pow(static_cast<double>(places.size()), static_cast<double>(layers.size())) > static_cast<double>(most))
    return false;
  deployment::Plan plan = deployment::undivided(scenario, places.front());
  std::vector<std::size_t> choice(layers.size(), 0);
  for (;;) {
    look(plan);
    std::size_t digit = 0;
    for (; digit < layers.size(); ++digit) {
      choice[digit] = (choice[digit] + 1) % places.size();
      plan.placement[layers[digit]] = places[choice[digit]];
      if (choice[digit] != 0) break;
    }
    if (digit == layers.size()) return true;
  }
}

}  // namespace tiercut::testing
