// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulator/simulator.hpp"

namespace tiercut::simulator {

/// `simulate` with every engine (library tiercut::simgrid). One SimGrid lives in a process, so a second call that needs
/// it fails with engine-used. Fails also with what `simulate` fails with, and simgrid-failed.
Result<SimulationResult> simulate_with_simgrid(const deployment::StageGraph& graph, const Options& options,
                                               const RecordSink& sink = {});

}  // namespace tiercut::simulator
