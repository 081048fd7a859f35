// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/search.hpp"

/// Plans valued by more than their own latency (internal to planner/).
namespace tiercut::planner {

struct PlanValue {
  /// Of a plan within memory; nothing when it is not allowed.
  std::function<std::optional<double>(const deployment::Plan&, const deployment::StageGraph&)> of;
  /// From a mean latency (s) to a value that no plan as slow or slower falls below; must not fall.
  std::function<double(double)> at_least;
};

/// The plan of least value, by branch and bound on the mean latency. `start`: plans known to be allowed, with their
/// values; the first of the least ones wins ties. Bound and completeness as of search_graph; thresholds must not be
/// open.
SearchOutcome search_by_value(const scenarios::Scenario& scenario, const Candidates& candidates, const PlanValue& value,
                              std::vector<Found> start, const Effort& effort);

}  // namespace tiercut::planner
