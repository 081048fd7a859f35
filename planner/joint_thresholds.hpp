// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "planner/placement_pool.hpp"
#include "planner/thresholds/thresholds.hpp"

namespace tiercut::planner {

/// What the latency of the samples must keep.
struct LatencyLimit {
  Statistic statistic = Statistic::max;
  Span at_most{};
  std::optional<double> late_share = {};  ///< in place of what a percentile allows to come later
};

/// A placement and its thresholds, and what they do on the samples they were chosen on.
struct JointAnswer {
  std::size_t plan = 0;                           ///< of the pool
  std::vector<std::optional<double>> thresholds;  ///< by exit of the model; none: the exit is not used
  std::uint64_t loss = 0;
  double value_s = 0;        ///< of the statistic that was to be least
  double lower_bound_s = 0;  ///< no placement with thresholds within loss and limits has less
};

/// What a search came back with.
struct JointFound {
  std::optional<JointAnswer> best;
  bool is_proven = true;  ///< that it is the best, or that there is none
};

/// What an answer does on samples not used to choose.
struct HeldOutCount {
  std::uint64_t loss = 0;
  std::uint64_t late = 0;
  double mean_s = 0;  ///< latency
  std::size_t samples = 0;
};

/// The problem of exits of the model that are asked in this order, over one part of the scenario's trace (all when
/// empty). Fails with bad-trace-use, as make_threshold_problem does.
Result<ThresholdProblem> problem_of(const scenarios::Scenario& scenario, const std::vector<int>& order,
                                    const LossChoice& loss, std::optional<profiles::TracePart> part);

/// What these thresholds (by exit of the model; none: not used) do to it.
ThresholdOutcome replay(const ThresholdProblem& problem, const std::vector<int>& order,
                        const std::vector<std::optional<double>>& thresholds);

/// All open thresholds over all placements of a pool at once: placements share one incumbent, and the samples of the
/// trace's calibration part decide. What the pool left open enters the lower bounds.
class JointThresholds {
 public:
  /// Scenario and pool must outlive it. Fails with bad-trace-use: no calibration samples, more exits than can be
  /// planned, F1 with some thresholds given.
  static Result<JointThresholds> make(const scenarios::Scenario& scenario, const PlacementPool& pool,
                                      const LossChoice& loss, const SearchLimits& search = {});

  std::size_t samples() const { return samples_; }
  std::uint64_t most_loss() const { return most_loss_; }  ///< no thresholds lose more

  /// The least value of the statistic with a loss of at most `budget`; of a percentile's equals, the least mean.
  JointFound cheapest(std::uint64_t budget, Statistic statistic, const std::vector<LatencyLimit>& limits);
  /// The least loss within the limits, if at most `budget`, and the least value of the statistic with it.
  JointFound least_loss(std::uint64_t budget, Statistic statistic, const std::vector<LatencyLimit>& limits);
  /// On the test part, late after `at_most`; nothing when the trace has none.
  std::optional<HeldOutCount> held_out(const JointAnswer& answer, std::optional<Span> at_most) const;

 private:
  struct FewerFirst {
    bool operator()(const std::vector<int>& a, const std::vector<int>& b) const {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }
  };
  /// Placements at which the same exits win in the same order: one problem, many costs.
  struct Group {
    std::unique_ptr<ThresholdProblem> asked;  // where given thresholds cannot be passed by
    std::optional<ThresholdProblem> test;
    std::unique_ptr<ThresholdOptimiser> optimiser;
    std::vector<std::size_t> plans;
    std::vector<const AnswerLevels*> open;
  };

  JointThresholds(const scenarios::Scenario& scenario, const PlacementPool& pool, const SearchLimits& search)
      : scenario_(&scenario), pool_(&pool), search_(search) {}
  Result<Group*> group_of(const std::vector<int>& order, const LossChoice& loss);
  Result<void> hold_given(const std::vector<int>& order, ThresholdProblem& problem) const;
  JointFound least_mean(std::uint64_t budget, const std::vector<LatencyLimit>& limits);
  JointFound least_percentile(std::uint64_t budget, Statistic statistic, const std::vector<LatencyLimit>& limits);
  LevelCosts costs_of(const AnswerLevels& levels, const std::vector<LatencyLimit>& limits) const;

  const scenarios::Scenario* scenario_;
  const PlacementPool* pool_;
  SearchLimits search_;
  std::size_t samples_ = 0;
  std::uint64_t most_loss_ = 0;
  Span soonest_ = Span::longest();  // no answer of placements whose exits may win in any order comes sooner
  std::map<std::vector<int>, Group, FewerFirst> groups_;  // by order
};

}  // namespace tiercut::planner
