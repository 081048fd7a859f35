// SPDX-License-Identifier: Apache-2.0
#include "simulator/simgrid_simulator.hpp"

#include <exception>
#include <stdexcept>
#include <string>

#include "simulator/simgrid_driver.hpp"
#include "simulator/simulation_run.hpp"

namespace tiercut::simulator {

Result<SimulationResult> simulate_with_simgrid(const deployment::StageGraph& graph, const Options& options,
                                               const RecordSink& sink) {
  const auto engine = engine_for(graph, options.engine);
  if (!engine) return tl::unexpected(engine.error());
  if (*engine == Engine::fast) return simulate(graph, options, sink);

  auto faults = find_faults(graph, options);
  if (SimgridDriver::was_used()) {
    faults.push_back({Severity::error,
                      "engine-used",
                      {},
                      "one process can run one simulation on SimGrid, and this one has",
                      "run each simulation in a process of its own, or on the engine fast"});
  }
  if (!faults.empty()) return tl::unexpected(std::move(faults));

  const bool runs_work = *engine == Engine::simgrid;
  SimulationResult result;
  result.engine = to_text(*engine);
  result.engine_version = SimgridDriver::version();
  result.network_model = runs_work ? "CM02 without latency, crosstraffic 0, own propagation timers"
                                   : "CM02 without latency, crosstraffic 0, own timers for fifo links and propagation";
  try {
    return run_simulation(graph, options, sink, std::move(result),
                          [runs_work](const CompiledGraph& compiled, Driver::Listener& listener) {
                            return std::make_unique<SimgridDriver>(compiled, runs_work, listener);
                          });
  } catch (const std::logic_error&) {
    throw;
  } catch (const std::exception& error) {
    return fail("simgrid-failed", std::string("SimGrid: ") + error.what(), "check TIERCUT_SIMGRID_CFG");
  }
}

}  // namespace tiercut::simulator
