// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/console.hpp"
#include "cli/verb.hpp"
#include "runtime/validation/recorded_run.hpp"

namespace tiercut::cli {

/// Runs of one plan in one scenario.
struct RunGroup {
  std::string name;
  std::string question;  ///< what plans that compete have in common: model, devices, links, load
  scenarios::ScenarioPointer scenario;
  deployment::Plan plan;
  std::vector<const validation::RecordedRun*> runs;
};

struct ValidationSubject {
  std::vector<validation::RecordedRun> runs;
  std::vector<RunGroup> groups;  ///< point into runs
};

/// Reads runs, and for each the scenario and the plan that it was of: what it says itself, unless --scenario and --plan
/// say so. All errors at once. Tells warnings: stale-run (the scenario has changed since), interrupted-run,
/// reorganised-run (more than one plan was used).
Result<ValidationSubject> read_validation_subject(const Arguments& arguments, Console& console);

}  // namespace tiercut::cli
