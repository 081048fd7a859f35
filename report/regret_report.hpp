// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "planner/regret.hpp"

/// A plan for uncertain values, for people and for machines. Keys of the JSON: report/README.md.
namespace tiercut::report {

std::string regret_text(const scenarios::Scenario& scenario, const planner::Regret& result);
std::string regret_json(const scenarios::Scenario& scenario, const planner::Regret& result);

}  // namespace tiercut::report
