// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/console.hpp"
#include "cli/engine_option.hpp"
#include "simulator/simulator.hpp"

/// `simulate` with --replications or --until-ci.
namespace tiercut::cli {

/// Fails with bad-usage: a share that is none, or options that are of one simulation.
Result<void> check_replications(const Arguments& arguments);

/// Simulates, prints what came of it, and ends the verb.
ExitStatus simulate_again_and_again(const Arguments& arguments, const Deployment& subject,
                                    const simulator::Options& options, Console& console);

}  // namespace tiercut::cli
