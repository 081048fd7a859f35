// SPDX-License-Identifier: Apache-2.0
#include "deployment/plan.hpp"

#include <algorithm>
#include <array>

#include "deployment/places.hpp"
#include "scenarios/exit_replay.hpp"

namespace tiercut::deployment {
namespace {

/// Exits and policy as the scenario states them, every layer still without a place but Input and Output.
Plan unplaced(const scenarios::Scenario& scenario) {
  const model::Model& net = *scenario.model;
  Plan plan;
  plan.placement.resize(net.layers.size());
  for (const scenarios::InputSource& source : scenario.workload.inputs) {
    plan.placement[static_cast<std::size_t>(source.input)] = {source.device,
                                                              std::max(0, message_unit(scenario, source.device))};
  }
  const scenarios::DeviceRef end = scenario.workload.answer_at;
  plan.placement[static_cast<std::size_t>(net.output())] = {end, std::max(0, message_unit(scenario, end))};
  plan.uses_exit.resize(net.exits.size());
  plan.escalation = scenario.policy.escalation;
  plan.escalation.resize(net.exits.size(), scenarios::Escalation::after);
  plan.thresholds = scenarios::thresholds_of(scenario);
  plan.thresholds.resize(net.exits.size());
  for (std::size_t i = 0; i < net.exits.size(); ++i) {
    plan.uses_exit[i] = i < scenario.exits.size() && scenario.exits[i].has_value();
  }
  plan.cancel = scenario.policy.cancel;
  return plan;
}

}  // namespace

Plan undivided(const scenarios::Scenario& scenario, Place place) {
  Plan plan = unplaced(scenario);
  for (std::size_t i = 0; i < plan.placement.size(); ++i) {
    if (computes(scenario.model->layers[i])) plan.placement[i] = place;
  }
  return plan;
}

std::vector<std::optional<double>> thresholds_of(const scenarios::Scenario& scenario, const Plan& plan) {
  auto chosen = scenarios::thresholds_of(scenario);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    if (k < plan.thresholds.size() && plan.thresholds[k]) chosen[k] = plan.thresholds[k];
    if (!plan.uses_exit[k]) chosen[k].reset();
  }
  return chosen;
}

Result<Plan> pinned(const scenarios::Scenario& scenario) {
  Plan plan = unplaced(scenario);
  std::vector<bool> is_placed(plan.placement.size(), false);
  for (const scenarios::Pin& pin : scenario.pins) {
    for (const model::LayerId layer : pin.layers) {
      if (!computes(scenario.model->layer(layer))) continue;
      plan.placement[static_cast<std::size_t>(layer)] = {pin.device, pin.unit.value_or(0)};
      is_placed[static_cast<std::size_t>(layer)] = true;
    }
  }
  Diagnostics missing;
  for (std::size_t i = 0; i < is_placed.size(); ++i) {
    const model::Layer& layer = scenario.model->layers[i];
    if (is_placed[i] || !computes(layer)) continue;
    missing.push_back({Severity::error, "unpinned-layer", Location{scenario.file, 0, 0, "pins"},
                       "layer `" + layer.name + "` has no pin", "pin it to a device, or let the planner place it"});
  }
  if (!missing.empty()) return tl::unexpected(std::move(missing));
  return plan;
}

Result<Plan> transferred(const Plan& plan, const scenarios::Scenario& from, const scenarios::Scenario& to) {
  const model::Model& net = *to.model;
  Plan moved = unplaced(to);
  Diagnostics unfit;
  const auto refuse = [&](const std::string& what) {
    unfit.push_back({Severity::error, "plan-unfit", Location{to.file, 0, 0, {}}, "the plan " + what,
                     "make a plan for this scenario"});
  };
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    if (!computes(net.layers[i])) continue;
    const model::LayerId known = from.model->find(net.layers[i].name);
    if (known < 0) {
      refuse("has no layer `" + net.layers[i].name + "`");
      continue;
    }
    const Place& old = plan.placement[static_cast<std::size_t>(known)];
    const std::string& unit = unit_at(from, old).name;
    const auto device = to.find_ref(from.name_of(old.device));
    const Place place{device.value_or(scenarios::DeviceRef{}),
                      device && to.device(*device).profile ? to.device(*device).profile->find_unit(unit) : -1};
    if (place.unit < 0) {
      refuse("places layer `" + net.layers[i].name + "` on " + from.name_of(old) + ", which is not there");
    }
    moved.placement[i] = place;
  }
  for (std::size_t k = 0; k < net.exits.size(); ++k) {
    for (std::size_t old = 0; old < from.model->exits.size(); ++old) {
      if (from.model->exits[old].name == net.exits[k].name) moved.uses_exit[k] = plan.uses_exit[old];
    }
  }
  if (!unfit.empty()) return tl::unexpected(std::move(unfit));
  return moved;
}

std::string_view to_text(PlanStatus status) {
  constexpr std::array<std::string_view, 3> names = {"optimal", "feasible", "infeasible"};
  return names[static_cast<std::size_t>(status)];
}

}  // namespace tiercut::deployment
