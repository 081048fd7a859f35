// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "planner/candidates.hpp"

/// What the two searches of the planner have in common (internal to planner/).
namespace tiercut::planner {

struct Goal {
  /// Least mean latency among the plans that meet the requirement, or the least value of its statistic.
  enum class Kind { mean, statistic } kind = Kind::mean;
  Statistic statistic = Statistic::max;
  std::optional<Span> limit;  ///< on the statistic; none: no requirement
  bool has_memory_limits = true;
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
};

/// The exact dynamic program over chains whose exits all escalate `after`; nothing when the scenario is no such chain.
std::optional<SearchOutcome> search_chain(const scenarios::Scenario& scenario, const Candidates& candidates,
                                          const Goal& goal);

/// Branch and bound over any graph and policy.
SearchOutcome search_graph(const scenarios::Scenario& scenario, const Candidates& candidates, const Goal& goal,
                           const Effort& effort);

}  // namespace tiercut::planner
