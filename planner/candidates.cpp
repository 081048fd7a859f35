// SPDX-License-Identifier: Apache-2.0
#include "planner/candidates.hpp"

#include <algorithm>
#include <tuple>

#include "deployment/grouping.hpp"
#include "deployment/places.hpp"
#include "planner/call_pricer.hpp"

namespace tiercut::planner {
namespace {

using deployment::Place;
using scenarios::Scenario;

/// A pin may name a group as such, which is no place that the planner would choose by itself.
std::vector<Place> all_places(const Scenario& scenario) {
  std::vector<Place> places = scenario.places();
  for (const auto& pin : scenario.pins) {
    const bool is_known =
        std::any_of(places.begin(), places.end(), [&](const Place& place) { return place.device == pin.device; });
    const auto& profile = scenario.device(pin.device).profile;
    if (is_known || !profile) continue;
    for (int unit = 0; unit < static_cast<int>(profile->units.size()); ++unit) places.push_back({pin.device, unit});
  }
  return places;
}

bool allow_pins(const Scenario& scenario, model::LayerId layer, const Place& place) {
  return std::all_of(scenario.pins.begin(), scenario.pins.end(), [&](const scenarios::Pin& pin) {
    if (std::find(pin.layers.begin(), pin.layers.end(), layer) == pin.layers.end()) return true;
    return pin.device == place.device && pin.unit.value_or(place.unit) == place.unit;
  });
}

}  // namespace

bool Candidates::has_choice() const {
  return std::any_of(layers.begin(), layers.end(),
                     [this](model::LayerId id) { return by_layer[static_cast<std::size_t>(id)].size() > 1; });
}

Result<Candidates> candidates_of(const Scenario& scenario) {
  const model::Model& net = *scenario.model;
  Candidates made;
  made.places = all_places(scenario);
  if (made.places.empty())
    return fail("no-cost", "no device of the scenario has a profile, so no layer can run anywhere",
                "give a device a profile", Location{scenario.file, 0, 0, "devices"});
  made.plan = deployment::undivided(scenario, made.places.front());
  const auto structure = deployment::structure_of(scenario, made.plan);
  made.level = structure.level;
  made.guard = structure.guard;
  made.by_layer.resize(net.layers.size());
  std::vector<CallPricer> pricers;
  for (const Place& place : made.places) pricers.emplace_back(scenario, place);

  Diagnostics missing;
  for (model::LayerId id = 0; id < net.layer_count(); ++id) {
    if (!deployment::computes(net.layer(id))) continue;
    auto& candidates = made.by_layer[static_cast<std::size_t>(id)];
    for (std::size_t p = 0; p < made.places.size(); ++p)
      if (allow_pins(scenario, id, made.places[p]) && pricers[p].has_price(id))
        candidates.push_back(static_cast<int>(p));
    if (candidates.empty() && structure.is_needed(id)) {
      missing.push_back({Severity::error, "no-cost", Location{scenario.file, 0, 0, "pins"},
                         "layer `" + net.layer(id).name + "` has no place that can run it",
                         "add a cost law for its type, or move its pin"});
      continue;
    }
    if (!candidates.empty())
      made.plan.placement[static_cast<std::size_t>(id)] = made.places[static_cast<std::size_t>(candidates[0])];
    if (structure.is_needed(id)) made.layers.push_back(id);
  }
  if (!missing.empty()) return tl::unexpected(std::move(missing));
  std::sort(made.layers.begin(), made.layers.end(), [&](model::LayerId a, model::LayerId b) {
    return std::tuple(made.level[static_cast<std::size_t>(a)], a) <
           std::tuple(made.level[static_cast<std::size_t>(b)], b);
  });
  return made;
}

}  // namespace tiercut::planner
