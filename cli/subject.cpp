// SPDX-License-Identifier: Apache-2.0
#include "cli/subject.hpp"

#include "deployment/lowering.hpp"
#include "planner/planner.hpp"
#include "runtime/validation/calibration.hpp"

namespace tiercut::cli {

Result<scenarios::ScenarioPointer> read_subject(const Arguments& arguments, Console& console) {
  auto scenario = scenarios::read_scenario(arguments.files.front(), arguments.overrides);
  if (!scenario) return scenario;
  console.tell((*scenario)->warnings);
  return calibrated(arguments, std::move(*scenario), console);
}

Result<scenarios::ScenarioPointer> calibrated(const Arguments& arguments, scenarios::ScenarioPointer scenario,
                                              Console& console) {
  if (!arguments.calibration) return scenario;
  const auto calibration = validation::read_calibration(*arguments.calibration);
  if (!calibration) return tl::unexpected(calibration.error());
  console.note("calibrated by " + *arguments.calibration + " (" + calibration->how + ")");
  return std::make_shared<const scenarios::Scenario>(validation::calibrated(*scenario, *calibration));
}

namespace {

Result<Deployment> with_best_plan(scenarios::ScenarioPointer scenario, Console& console) {
  auto result = planner::make_plan(*scenario, {.with_ways_out = false, .with_baselines = false});
  if (!result) return tl::unexpected(std::move(result.error()));
  if (result->status == deployment::PlanStatus::infeasible) {
    if (result->plan.placement.empty()) {
      return fail("no-plan", "no plan exists for '" + scenario->name + "'",
                  "`tiercut plan " + scenario->file + "` says what stands against it");
    }
    console.note("no plan keeps the promise; this is the one that comes nearest");
  }
  return Deployment{std::move(scenario), std::move(result->plan), std::move(result->graph),
                    std::move(result->estimate)};
}

}  // namespace

Result<Deployment> read_deployment(const Arguments& arguments, Console& console) {
  auto scenario = read_subject(arguments, console);
  if (!scenario) return tl::unexpected(std::move(scenario.error()));
  return deploy(arguments, std::move(*scenario), console);
}

Result<Deployment> deploy(const Arguments& arguments, scenarios::ScenarioPointer scenario, Console& console) {
  if (!arguments.plan) return with_best_plan(std::move(scenario), console);
  Diagnostics warnings;
  auto document = deployment::read_plan(*arguments.plan, *scenario, warnings);
  if (!document) return tl::unexpected(std::move(document.error()));
  console.tell(warnings);
  auto graph = deployment::lower(*scenario, document->plan);
  if (!graph) return tl::unexpected(std::move(graph.error()));
  auto estimate = planner::estimate(*graph);
  if (!estimate) return tl::unexpected(std::move(estimate.error()));
  return Deployment{std::move(scenario), std::move(document->plan), std::move(*graph), std::move(*estimate)};
}

Result<PlannedScenario> read_planned_scenario(const std::string& plan_file, const Arguments& arguments) {
  const auto scenario_file = deployment::scenario_of_plan(plan_file);
  if (!scenario_file) return tl::unexpected(scenario_file.error());
  auto scenario = scenarios::read_scenario(*scenario_file, arguments.overrides);
  if (!scenario) return tl::unexpected(std::move(scenario.error()));
  Diagnostics warnings;
  auto document = deployment::read_plan(plan_file, **scenario, warnings);
  if (!document) return tl::unexpected(std::move(document.error()));
  return PlannedScenario{std::move(*scenario), std::move(*document), std::move(warnings)};
}

}  // namespace tiercut::cli
