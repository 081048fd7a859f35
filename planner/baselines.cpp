// SPDX-License-Identifier: Apache-2.0
#include "planner/baselines.hpp"

#include <algorithm>

#include "deployment/lowering.hpp"
#include "planner/judgement.hpp"

namespace tiercut::planner {
namespace {

using deployment::Place;
using deployment::Plan;
using model::LayerId;
using scenarios::Scenario;

/// More pairs than this tell nobody anything.
constexpr std::size_t most_places_in_pairs = 6;

bool is_needed_by(const model::Model& net, LayerId answer, LayerId layer) {
  std::vector<bool> needed(net.layers.size(), false);
  needed[static_cast<std::size_t>(answer)] = true;
  for (LayerId id = answer; id > layer; --id)
    if (needed[static_cast<std::size_t>(id)])
      for (LayerId input : net.layer(id).inputs) needed[static_cast<std::size_t>(input)] = true;
  return layer <= answer && needed[static_cast<std::size_t>(layer)];
}

/// The layers of an exit's branch when nothing else needs any of them; else none.
std::vector<LayerId> branch_apart(const model::Model& net, std::size_t exit) {
  std::vector<LayerId> branch;
  for (LayerId id = 0; id < net.layer_count(); ++id) {
    const auto type = net.layer(id).type;
    if (type == model::LayerType::input || type == model::LayerType::output) continue;
    if (!is_needed_by(net, net.exits[exit].layer, id)) continue;
    bool is_shared = is_needed_by(net, net.output(), id);
    for (std::size_t k = 0; k < net.exits.size(); ++k)
      is_shared = is_shared || (k != exit && is_needed_by(net, net.exits[k].layer, id));
    if (is_shared) return {};
    branch.push_back(id);
  }
  return branch;
}

bool keeps_pins(const Scenario& scenario, const Plan& plan) {
  for (const auto& pin : scenario.pins)
    for (LayerId id : pin.layers) {
      const Place& place = plan.placement[static_cast<std::size_t>(id)];
      const auto type = scenario.model->layer(id).type;
      if (type == model::LayerType::input || type == model::LayerType::output) continue;
      if (place.device != pin.device || place.unit != pin.unit.value_or(place.unit)) return false;
    }
  return true;
}

Baseline priced(const Scenario& scenario, std::string name, Plan plan) {
  Baseline made{.name = std::move(name), .plan = std::move(plan), .latency_s = {}, .why_not = {}};
  const auto graph = deployment::lower(scenario, made.plan);
  const auto latency = graph ? estimate_latency(*graph) : Result<Summary>(tl::unexpected(graph.error()));
  if (!latency) {
    made.why_not = latency.error().front().code;
    return made;
  }
  made.latency_s = *latency;
  if (!pools_over(scenario, made.plan).empty())
    made.why_not = "over-memory";
  else if (!keeps_pins(scenario, made.plan))
    made.why_not = "pin-violated";
  else if (!meets_latency(scenario, *latency))
    made.why_not = "latency";
  made.meets_requirement = made.why_not.empty();
  return made;
}

}  // namespace

std::vector<Baseline> price_baselines(const Scenario& scenario) {
  const model::Model& net = *scenario.model;
  const auto places = scenario.places();
  std::vector<Baseline> baselines;
  for (const Place& place : places)
    baselines.push_back(priced(scenario, "all on " + scenario.name_of(place), deployment::undivided(scenario, place)));
  if (places.size() > most_places_in_pairs) return baselines;
  for (std::size_t exit = 0; exit < net.exits.size(); ++exit) {
    const auto branch = branch_apart(net, exit);
    if (branch.empty()) continue;
    for (const Place& a : places)
      for (const Place& b : places) {
        if (a == b) continue;
        Plan plan = deployment::undivided(scenario, b);
        if (!plan.uses_exit[exit]) continue;
        for (LayerId id : branch) plan.placement[static_cast<std::size_t>(id)] = a;
        baselines.push_back(priced(
            scenario, net.exits[exit].name + " on " + scenario.name_of(a) + ", rest on " + scenario.name_of(b), plan));
      }
  }
  return baselines;
}

}  // namespace tiercut::planner
