// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "planner/pareto.hpp"
#include "scenarios/scenario.hpp"

/// A front for people, for spreadsheets and for machines. Keys of the JSON: report/README.md.
namespace tiercut::report {

std::string pareto_text(const scenarios::Scenario& scenario, const planner::ParetoFront& front);
std::string pareto_csv(const scenarios::Scenario& scenario, const planner::ParetoFront& front);
std::string pareto_json(const scenarios::Scenario& scenario, const planner::ParetoFront& front);

}  // namespace tiercut::report
