// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "planner/fallbacks.hpp"

/// Plans for single failures, for people and for machines. Keys of the JSON: report/README.md.
namespace tiercut::report {

/// `in_force`: the plan they take over from, in the whole scenario. `files`: the plan's file of each, empty where none
/// was written.
std::string fallbacks_text(const scenarios::Scenario& scenario, const planner::PlanningResult& in_force,
                           const std::vector<planner::Fallback>& fallbacks);
std::string fallbacks_json(const scenarios::Scenario& scenario, const planner::PlanningResult& in_force,
                           const std::vector<planner::Fallback>& fallbacks, const std::vector<std::string>& files);

}  // namespace tiercut::report
