// SPDX-License-Identifier: Apache-2.0
#include "report/split_text.hpp"

#include <set>

#include "deployment/places.hpp"

namespace tiercut::report {

std::string split_text(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  const auto& layers = scenario.model->layers;
  std::string text, first, last, where;
  const auto close = [&] {
    if (first.empty()) return;
    text += (text.empty() ? "" : "; ") + (first == last ? first : first + " .. " + last) + " on " + where;
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!deployment::computes(layers[i])) continue;
    const std::string place = scenario.name_of(plan.placement[i]);
    if (place != where) {
      close();
      first = layers[i].name;
      where = place;
    }
    last = layers[i].name;
  }
  close();
  return text;
}

std::string plan_words(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  std::set<deployment::Place> places;
  for (std::size_t i = 0; i < plan.placement.size(); ++i)
    if (deployment::computes(scenario.model->layers[i])) places.insert(plan.placement[i]);
  return places.size() == 1 ? "all on " + scenario.name_of(*places.begin()) : split_text(scenario, plan);
}

}  // namespace tiercut::report
