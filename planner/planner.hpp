// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "deployment/lowering.hpp"
#include "deployment/plan.hpp"
#include "deployment/threshold_claims.hpp"
#include "planner/estimate.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::planner {

/// A deployment without a split, always priced and shown. Exit branches may be apart from the trunk only where a
/// baseline says so (`little on pi, big on cloud` for a model whose branches share only the input).
struct Baseline {
  std::string name;  ///< `all on cloud`
  deployment::Plan plan;
  std::optional<Summary> latency_s;  ///< nothing when it cannot be deployed
  bool meets_requirement = false;
  std::string why_not;  ///< `over-memory`, `no-cost`, `latency`, ...; empty when it meets the requirement
};

/// A change of one thing that would make the requirement hold, everything else as it is. Values are exact up to the
/// picosecond grid: at the value a plan exists, beyond it none.
struct WayOut {
  std::string what;   ///< `budget`, `link latency`, `network weights`, `link bandwidth`
  std::string where;  ///< link or device names; empty for the budget
  double now = 0;
  double needed = 0;  ///< in the base unit (s, weights, B/s)
  std::string text;   ///< one sentence for people
};

struct PlanningResult {
  deployment::PlanStatus status = deployment::PlanStatus::infeasible;
  deployment::Plan plan;  ///< the best plan; when infeasible the plan that comes nearest to the requirement
  Estimate estimate;      ///< of `plan`
  deployment::StageGraph graph;
  double objective_s = 0;  ///< mean latency, or the statistic that the scenario's objective names
  double lower_bound_s = 0;
  double gap = 0;            ///< (objective - bound) / objective
  std::string method;        ///< `chain dynamic program`, `branch and bound`, `pinned`
  std::size_t examined = 0;  ///< labels or nodes, for the curious
  std::vector<Baseline> baselines;
  std::vector<std::string> conflict;  ///< when infeasible: requirements that cannot hold together, none of them idle
  std::vector<WayOut> ways_out;
  std::optional<deployment::ThresholdClaims> claims;  ///< when thresholds were chosen; then objective_s, bound and gap
                                                      ///< are those of its `measured`
  bool is_stopped = false;                            ///< the search was ended by should_stop
  Diagnostics notes;
};

struct PlanningOptions {
  bool with_ways_out = true;
  bool with_baselines = true;
  /// Asked now and then: true ends the search, and the best plan so far comes with its proven gap. The dynamic program
  /// over chains is not asked; it ends by itself.
  std::function<bool()> should_stop = {};
};

/// Simulated latency of a plan, for planners that refine under load; the caller provides it (the planner never
/// includes the simulator).
using LatencyOracle = std::function<Result<Summary>(const deployment::StageGraph&)>;

/// The best plan that meets the requirement: least mean latency, or what the scenario's objective says; among equals
/// the one with fewer cuts, then the first places of the file. Exact over chains with exits on any number of devices;
/// other graphs come with a proven bound, and are exact where the best plan meets it (anytime_search.hpp).
/// Thresholds that the scenario leaves open are chosen with the placement (joint_plan.hpp).
Result<PlanningResult> make_plan(const scenarios::Scenario& scenario, const PlanningOptions& options = {});

/// Evaluates a given plan as make_plan reports it (status feasible or infeasible).
Result<PlanningResult> evaluate_plan(const scenarios::Scenario& scenario, const deployment::Plan& plan,
                                     const PlanningOptions& options = {});

}  // namespace tiercut::planner
