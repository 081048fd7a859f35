// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "simulator/driver.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::simulator {

using DriverMaker = std::function<std::unique_ptr<Driver>(const CompiledGraph&, Driver::Listener&)>;

/// Faults of a graph or of what is asked, whatever the engine.
Diagnostics find_faults(const deployment::StageGraph& graph, const Options& options);

/// Runs the simulation with the driver that `make_driver` makes, or with none where it is empty. `result` names engine
/// and network model already; the rest is filled in. A std::runtime_error of the driver passes through.
Result<SimulationResult> run_simulation(const deployment::StageGraph& graph, const Options& options,
                                        const RecordSink& sink, SimulationResult result,
                                        const DriverMaker& make_driver);

}  // namespace tiercut::simulator
