// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "deployment/plan.hpp"

namespace tiercut::deployment {

/// A plan that is deployed somewhere, seen from a scenario that has changed since: devices and units may be gone.
struct PlanInForce {
  Plan plan;                      ///< lost layers stand at the first place of the scenario, where they are not
  std::vector<std::string> lost;  ///< by layer: its place as the plan names it when it is no more, else empty

  bool is_whole() const;
  bool is_lost(model::LayerId layer) const { return !lost[static_cast<std::size_t>(layer)].empty(); }
  std::vector<std::string> lost_places() const;  ///< each once, in the order of the layers
};

/// A plan made for the scenario as it is.
PlanInForce in_force(Plan plan);

/// As read_plan, but of whatever state of the scenario: a place that is not there (unknown device or unit, no profile)
/// is lost, and the hash does not matter. Fails as read_plan does, and with no-cost when there is no place at all.
Result<PlanInForce> read_plan_in_force(const std::string& path, const scenarios::Scenario& scenario);

/// What is left of it when a device fails. The scenario must still have another place.
PlanInForce without_device(PlanInForce plan, const scenarios::Scenario& scenario, int device);

}  // namespace tiercut::deployment
