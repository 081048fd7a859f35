// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "core/files.hpp"
#include "deployment/plan_in_force.hpp"
#include "planner/planner.hpp"

/// What the kinds of planning that `tiercut plan` offers have in common.
namespace tiercut::cli {

struct PlanCall {
  const Arguments& arguments;
  const scenarios::Scenario& scenario;
  Console& console;
  const planner::PlanningOptions& options;
  report::Progress& progress;
  const Interruptible& interruptible;
  std::optional<AtomicFile>& out;

  ExitStatus status(bool is_yes) const {
    if (interruptible.is_interrupted()) return ExitStatus::interrupted;
    return is_yes ? ExitStatus::yes : ExitStatus::no;
  }
};

/// As the plan must name it to be found again: relative to the plan's own folder, or the shipped name.
std::string scenario_reference(const std::string& scenario_argument, const std::string& plan_file);

std::string plan_yaml(const scenarios::Scenario& scenario, const planner::PlanningResult& result,
                      const std::string& scenario_file);

/// Commits --out with the plan, when it keeps the promise; else says that it was not written.
Result<void> write_plan(PlanCall& call, const planner::PlanningResult& result);

/// The device of --weights-at, else the one that wants the answer. Fails with unknown-device.
Result<scenarios::DeviceRef> weight_store(const Arguments& arguments, const scenarios::Scenario& scenario);

ExitStatus replan_from(PlanCall& call);        ///< --from
ExitStatus plan_for_failures(PlanCall& call);  ///< --fallbacks
ExitStatus tell_sensitivity(PlanCall& call);   ///< --sensitivity
ExitStatus plan_for_ranges(PlanCall& call);    ///< --regret

}  // namespace tiercut::cli
