// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deployment/plan_in_force.hpp"

namespace tiercut::planner {

/// A layer that runs elsewhere than the plan in force has it, or that was not deployed there.
struct MovedLayer {
  model::LayerId layer = 0;
  std::string from;      ///< the place as it was called; empty: not deployed before
  bool is_lost = false;  ///< that place is no more
  deployment::Place to;
};

/// All that crosses one copy of a link.
struct LinkLoad {
  scenarios::Hop hop;
  Bytes size{};
};

/// What has to be shipped when another plan takes over.
struct WeightMove {
  std::vector<MovedLayer> layers;
  std::vector<LinkLoad> links;  ///< in the order of the file
  Bytes size{};                 ///< that leave some device
  /// How long it takes at least in an idle network; nothing when the links offer no way. Every byte of a link has to be
  /// transmitted there and the last one to propagate, and so it is along each way from device to device, whatever is
  /// sent at once: the longest of these times, so never more than any schedule takes.
  std::optional<Seconds> least_time = Seconds(0);
};

/// Where each layer's weights are, by layer: where it runs, else at `store`.
std::vector<scenarios::DeviceRef> weight_origins(const scenarios::Scenario& scenario,
                                                 const deployment::PlanInForce& from, scenarios::DeviceRef store);

/// Weights of a layer come from the device that it runs on; those that are lost, were not deployed, or cannot get out
/// of there come from `store`. A device gets what its layers need once, whichever of its units they run on; members of
/// a group get theirs at once, each by its own copy of a link.
WeightMove move_weights(const scenarios::Scenario& scenario, const deployment::PlanInForce& from,
                        const deployment::Plan& to, scenarios::DeviceRef store);

}  // namespace tiercut::planner
