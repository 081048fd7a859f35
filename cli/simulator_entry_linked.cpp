// SPDX-License-Identifier: Apache-2.0
#include "cli/simulator_entry.hpp"
#include "simulator/simgrid_simulator.hpp"

namespace tiercut::cli {

void remember_command(char**) {}

Result<void> enter_simulator() { return {}; }

Result<simulator::SimulationResult> run_simulator(const deployment::StageGraph& graph,
                                                  const simulator::Options& options,
                                                  const simulator::RecordSink& sink) {
  return simulator::simulate_with_simgrid(graph, options, sink);
}

}  // namespace tiercut::cli
