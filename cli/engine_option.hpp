// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/subject.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::cli {

/// What --engine names; automatic when it is not given.
Result<simulator::Engine> engine_of(const Arguments& arguments);

/// read_deployment, in the program that can simulate it: where SimGrid is asked for, or a link of the scenario is
/// shared fairly, that is tiercut-simulator, which this process becomes.
Result<Deployment> read_deployment_to_simulate(const Arguments& arguments, simulator::Engine engine, Console& console);

}  // namespace tiercut::cli
