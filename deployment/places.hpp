// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/layer.hpp"
#include "scenarios/scenario.hpp"

/// Small questions about layers and devices that all of deployment/ asks (internal to the folder).
namespace tiercut::deployment {

/// Input and Output stand where the workload says and run nothing.
inline bool computes(const model::Layer& layer) {
  return layer.type != model::LayerType::input && layer.type != model::LayerType::output;
}

/// The unit that handles messages on a device: its first cpu, else its first unit; -1 without a profile.
int message_unit(const scenarios::Scenario& scenario, scenarios::DeviceRef device);

/// Whether layers can be put there: the device exists, has a profile, and the profile has the unit.
bool is_place(const scenarios::Scenario& scenario, const scenarios::Scenario::Place& place);

inline const profiles::Unit& unit_at(const scenarios::Scenario& scenario, const scenarios::Scenario::Place& place) {
  return scenario.device(place.device).profile->units[static_cast<std::size_t>(place.unit)];
}

}  // namespace tiercut::deployment
