// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "deployment/stage_graph.hpp"
#include "planner/candidates.hpp"

/// What the two searches of the planner have in common (internal to planner/).
namespace tiercut::planner {

/// Takes plans in place of one value to be least; for searches that keep many of them.
class PlanCollector {
 public:
  virtual ~PlanCollector() = default;
  /// `reach`: the soonest that each answer can come (ps), beside `answers` (exits of the model, -1: the final one).
  /// Infinite when no completion is wanted; else the least is looked into first.
  virtual double rank(const std::vector<int>& answers, const std::vector<std::int64_t>& reach) = 0;
  /// A complete plan within the memory limits, and what it is lowered to.
  virtual void take(const deployment::Plan& plan, const deployment::StageGraph& graph) = 0;
  /// The search gave up here: completions were not looked at.
  virtual void leave(const std::vector<int>& answers, const std::vector<std::int64_t>& reach) = 0;
};

struct Goal {
  /// Least mean latency among the plans that meet the requirement, or the least value of its statistic.
  enum class Kind { mean, statistic } kind = Kind::mean;
  Statistic statistic = Statistic::max;
  std::optional<Span> limit;  ///< on the statistic; none: no requirement
  bool has_memory_limits = true;
  PlanCollector* collector = nullptr;  ///< of search_graph: in place of kind, statistic and limit
  /// Of search_chain and means without a limit on the mean: what a plan's value has on top for each layer (in rows) at
  /// the place (of Candidates) that it has, s.
  const std::vector<double>* surcharge = nullptr;
};

/// How much probability may lie above the value of a percentile or the maximum.
double allowed_late(Statistic statistic);

struct Found {
  deployment::Plan plan;
  double value_s = 0;  ///< of the goal
  double bound_s = 0;  ///< no plan is better
};

struct SearchOutcome {
  std::optional<Found> best;  ///< nothing: no plan meets the goal, or (`is_complete` false) none was found
  bool is_complete = true;    ///< false: ended at a limit
  std::size_t examined = 0;   ///< labels or nodes
};

/// How long a search may go on.
struct Effort {
  std::size_t nodes = 2'000'000;
  std::size_t leaves = 100'000;  ///< plans lowered and estimated
  std::function<bool()> should_stop = {};
};

/// The exact dynamic program over chains whose exits all escalate `after`; nothing when the scenario is no such chain.
std::optional<SearchOutcome> search_chain(const scenarios::Scenario& scenario, const Candidates& candidates,
                                          const Goal& goal);

/// Branch and bound over any graph and policy. `known`: a plan that others have to beat.
SearchOutcome search_graph(const scenarios::Scenario& scenario, const Candidates& candidates, const Goal& goal,
                           const Effort& effort, const std::optional<Found>& known = std::nullopt);

}  // namespace tiercut::planner
