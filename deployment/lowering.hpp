// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment/plan.hpp"
#include "deployment/stage_graph.hpp"

namespace tiercut::deployment {

/// The one lowering: what a plan makes of a scenario. Fails with no-cost (a layer on a unit that no law prices),
/// no-route, stage-law-needs-calls, missing-exit-probability, mixed-route, ....
Result<StageGraph> lower(const scenarios::Scenario& scenario, const Plan& plan);

/// Memory of a plan on one pool of one device.
struct MemoryUse {
  scenarios::DeviceRef device;
  int pool = 0;
  Bytes weights{}, activations{}, runtime{};
  Bytes usable{};
  Bytes total() const { return weights + activations + runtime; }
};

/// Weights of all layers resident + the largest live activations of any of its stages + the runtime footprint,
/// for every pool that holds a layer (DESIGN.md, Memory).
std::vector<MemoryUse> memory_use(const scenarios::Scenario& scenario, const Plan& plan);

}  // namespace tiercut::deployment
