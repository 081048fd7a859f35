// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "planner/planner.hpp"
#include "scenarios/scenario.hpp"

/// A planning result for people and for machines. Keys of the JSON: report/README.md.
namespace tiercut::report {

std::string plan_text(const scenarios::Scenario& scenario, const planner::PlanningResult& result);
std::string plan_json(const scenarios::Scenario& scenario, const planner::PlanningResult& result);

}  // namespace tiercut::report
