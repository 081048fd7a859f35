// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "planner/replan.hpp"

/// What becomes of a plan in force, for people and for machines. Keys of the JSON: report/README.md.
namespace tiercut::report {

std::string replan_text(const scenarios::Scenario& scenario, const planner::Replan& result,
                        const planner::ReplanRequest& request);
std::string replan_json(const scenarios::Scenario& scenario, const planner::Replan& result,
                        const planner::ReplanRequest& request);

/// `up`, or `up of cameras.3` of a link that a group has one of each member.
std::string name_of_hop(const scenarios::Scenario& scenario, const scenarios::Hop& hop);

}  // namespace tiercut::report
