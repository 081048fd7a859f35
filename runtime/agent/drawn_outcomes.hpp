// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "deployment/stage_graph.hpp"

namespace tiercut::runtime {

/// What exits that nobody can compute say of a sample, by the same draws and keys as the simulator's
/// (deployment/README.md, 5 and 7). Bit k: exit k of the graph is conclusive, by the scenario's exit trace or its
/// probability.
std::uint32_t drawn_outcomes(const deployment::StageGraph& graph, std::uint64_t seed, std::int64_t sample);

}  // namespace tiercut::runtime
