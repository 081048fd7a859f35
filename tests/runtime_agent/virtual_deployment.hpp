// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "deployment/stage_graph.hpp"
#include "model/model.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::runtime {

/// One sample of member 1 through the agents' stage machines, one a device, which know of each other only by messages.
/// Time is virtual, costs are the graph's, and units and fifo links serve as its contract says; no windows, no fair
/// links. Returns the latency of the answer, or nothing when none came.
std::optional<Span> run_on_machines(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                                    std::uint32_t conclusive);

}  // namespace tiercut::runtime
