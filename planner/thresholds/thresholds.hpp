// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "planner/thresholds/level_costs.hpp"
#include "planner/thresholds/reduced_trace.hpp"
#include "planner/thresholds/threshold_problem.hpp"
#include "planner/thresholds/threshold_search.hpp"

namespace tiercut::planner {

enum class ThresholdStatus {
  optimal,     ///< proven
  feasible,    ///< found, with a gap to the lower bound
  infeasible,  ///< proven: no thresholds keep the budget and the limits
  no_better,   ///< proven: none cost less than the incumbent that was handed in
  stopped      ///< stopped before any were found
};
std::string_view to_text(ThresholdStatus status);

/// Thresholds and what they do on the samples they were chosen on. Costs are means over the samples.
struct ThresholdAnswer {
  ThresholdStatus status = ThresholdStatus::stopped;
  std::size_t placement = 0;           ///< index into the costs that were handed in
  std::vector<ExitChoice> choices;     ///< by exit
  std::vector<std::size_t> answered;   ///< by level
  std::vector<std::size_t> survivors;  ///< by exit: samples that go on after it
  std::uint64_t loss = 0;
  double cost = std::numeric_limits<double>::infinity();
  std::vector<double> amounts;  ///< by limit of the placement
  double lower_bound = 0;  ///< no thresholds and placement cost less (or less than the incumbent, if that is lower)
  std::uint64_t least_loss =
      0;  ///< unavoidable, by the exits of the placement last looked at; tells how far a budget is
  std::uint64_t nodes = 0;
  std::string method;

  bool has_thresholds() const { return status == ThresholdStatus::optimal || status == ThresholdStatus::feasible; }
  double gap() const { return cost > 0 ? (cost - lower_bound) / cost : 0; }
};

struct ThresholdOptions {
  SearchLimits limits = {};                                    ///< over all placements together
  double incumbent = std::numeric_limits<double>::infinity();  ///< mean cost that must be undercut
};

/// Exact joint choice of all thresholds. Keeps its reductions of the trace, so many placements, or one after the
/// other as a search over placements comes by them, share the work that does not depend on costs. The problem must
/// outlive it. Exact up to rounding of sums (1e-12 of the cost).
class ThresholdOptimiser {
 public:
  explicit ThresholdOptimiser(const ThresholdProblem& problem) : problem_(problem) {}

  /// The cheapest thresholds with a total loss of at most `budget`, over all placements. Fails with bad-level-costs
  /// when a row has not one finite value a level, or there are more than max_limits limits.
  Result<ThresholdAnswer> cheapest(std::uint64_t budget, std::span<const LevelCosts> placements,
                                   const ThresholdOptions& options = {});

  /// Less than this, as a mean, no thresholds of the placement cost; microseconds once the reduction is there.
  double quick_bound(std::uint64_t budget, const LevelCosts& placement);

  /// The least loss that some thresholds within the limits reach, and the cheapest of those (bisection on the budget).
  Result<ThresholdAnswer> least_loss(std::span<const LevelCosts> placements, const ThresholdOptions& options = {});

  /// A reduction that serves the budget: its own, or that of one not much larger.
  const ReducedTrace& reduction(std::uint64_t budget, const std::vector<bool>& uses);
  const ThresholdProblem& problem() const { return problem_; }

 private:
  const ThresholdProblem& problem_;
  std::map<std::pair<std::vector<bool>, std::uint64_t>, ReducedTrace> reductions_;  // by exits used and budget
};

/// Fills in answered, survivors, loss, cost and amounts of the answer's choices by replaying the problem.
void measure(const ThresholdProblem& problem, const LevelCosts& costs, ThresholdAnswer& answer);

}  // namespace tiercut::planner
