// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/console.hpp"
#include "cli/verb.hpp"
#include "core/diagnostic.hpp"
#include "deployment/plan.hpp"
#include "deployment/stage_graph.hpp"
#include "planner/estimate.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::cli {

/// Reads the scenario named first on the command line with --set applied, and tells its warnings.
Result<scenarios::ScenarioPointer> read_subject(const Arguments& arguments, Console& console);

/// The scenario as --calibration has it; itself without one.
Result<scenarios::ScenarioPointer> calibrated(const Arguments& arguments, scenarios::ScenarioPointer scenario,
                                              Console& console);

/// A scenario with the plan to run in it.
struct Deployment {
  scenarios::ScenarioPointer scenario;
  deployment::Plan plan;
  deployment::StageGraph graph;
  planner::Estimate estimate;
};

/// The scenario with the plan of --plan, or with the best one (the nearest, said so, when none keeps the promise).
Result<Deployment> read_deployment(const Arguments& arguments, Console& console);

/// The same for a scenario that has been read already.
Result<Deployment> deploy(const Arguments& arguments, scenarios::ScenarioPointer scenario, Console& console);

/// A plan file that names its scenario.
struct PlannedScenario {
  scenarios::ScenarioPointer scenario;
  deployment::PlanDocument document;
  Diagnostics warnings;  ///< of the plan; those of the scenario are in it
};
Result<PlannedScenario> read_planned_scenario(const std::string& plan_file, const Arguments& arguments);

/// bad-usage when --set was given to a verb that has no scenario to change here.
Result<void> refuse_overrides(const Arguments& arguments, const std::string& why);

}  // namespace tiercut::cli
