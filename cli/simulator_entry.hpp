// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/diagnostic.hpp"
#include "deployment/stage_graph.hpp"
#include "simulator/simulator.hpp"

/// The seam between the command and SimGrid. Loading libsimgrid and the libraries that it pulls in takes 20 ms, most of
/// what a whole `plan` may take, so two programs are built from the same verbs: `tiercut`, with the engine fast alone,
/// and `tiercut-simulator` beside it, with SimGrid too. A verb that needs SimGrid first calls enter_simulator.
namespace tiercut::cli {

/// Remembers the command line, for enter_simulator.
void remember_command(char** argv);

/// In `tiercut`: becomes `tiercut-simulator` with the same command line; returns only when that fails
/// (simulator-missing). In `tiercut-simulator`: nothing to do.
Result<void> enter_simulator();

/// Simulates with the engines that this program has; the others fail with engine-missing.
Result<simulator::SimulationResult> run_simulator(const deployment::StageGraph& graph,
                                                  const simulator::Options& options, const simulator::RecordSink& sink);

}  // namespace tiercut::cli
