// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "deployment/stage_graph.hpp"
#include "runtime/agent/agent_program.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::runtime {

/// The program of a graph; `thresholds` by exit, none where the outcome is drawn. Endpoints have names and no addresses
/// yet; weights have none.
Program program_of(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                   const std::vector<std::optional<double>>& thresholds);

}  // namespace tiercut::runtime
