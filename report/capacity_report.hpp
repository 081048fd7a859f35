// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "planner/capacity.hpp"
#include "scenarios/scenario.hpp"

/// What the promise leaves each place. Keys of the JSON: report/README.md.
namespace tiercut::report {

std::string capacity_text(const scenarios::Scenario& scenario, const std::vector<planner::PlaceCapacity>& places);
std::string capacity_json(const scenarios::Scenario& scenario, const std::vector<planner::PlaceCapacity>& places);

}  // namespace tiercut::report
