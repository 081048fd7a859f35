// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <stdexcept>
#include <string>

#include "simulator/compiled_graph.hpp"
#include "simulator/simgrid_driver.hpp"
#include "simulator/simulation.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::simulator {

namespace {

Diagnostics find_faults(const deployment::StageGraph& graph, const Options& options) {
  Diagnostics faults;
  const auto add = [&faults](std::string code, std::string message, std::string hint) {
    faults.push_back({Severity::error, std::move(code), {}, std::move(message), std::move(hint)});
  };
  if (options.samples < 1 || options.samples <= graph.warm_up) {
    add("bad-samples",
        "cannot simulate " + std::to_string(options.samples) + " samples, of which " + std::to_string(graph.warm_up) +
            " are warm-up",
        "ask for at least " + std::to_string(graph.warm_up + 1));
  }
  for (const auto& resource : graph.resources) {
    if (resource.loss.probability < 1) continue;
    add("certain-loss", "link " + resource.name + " loses every message, so none would ever arrive",
        "state a loss below 1");
  }
  if (SimgridDriver::was_used()) {
    add("engine-used", "one process can run one simulation on SimGrid, and this one has",
        "run each simulation in a process of its own");
  }
  return faults;
}

}  // namespace

Result<SimulationResult> simulate(const deployment::StageGraph& graph, const Options& options, const RecordSink& sink) {
  if (auto faults = find_faults(graph, options); !faults.empty()) return tl::unexpected(std::move(faults));
  SimulationResult result;
  result.warm_up = graph.warm_up;
  result.seed = options.seed;
  result.engine = "simgrid";
  result.engine_version = SimgridDriver::version();
  result.network_model = "CM02 without latency, crosstraffic 0, own propagation timers";
  const CompiledGraph compiled(graph);
  try {
    Simulation simulation(compiled, options, sink);
    simulation.run();
    simulation.fill(result);
  } catch (const std::overflow_error& error) {
    return fail("horizon-exceeded", error.what(), "simulate fewer samples, or ones that arise closer together");
  } catch (const std::logic_error&) {
    throw;
  } catch (const std::exception& error) {
    return fail("simgrid-failed", std::string("SimGrid: ") + error.what(), "check TIERCUT_SIMGRID_CFG");
  }
  if (options.progress) options.progress(result.is_interrupted ? result.samples : options.samples, options.samples);
  return result;
}

}  // namespace tiercut::simulator
