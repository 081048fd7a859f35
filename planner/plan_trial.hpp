// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "deployment/lowering.hpp"
#include "planner/search.hpp"

namespace tiercut::planner {

/// What a plan is worth to a goal: its statistic by the estimate of what it is lowered to. Nothing when it breaks a
/// limit, cannot be lowered, or leaves samples without an answer.
std::optional<double> value_of(const scenarios::Scenario& scenario, const Goal& goal, const deployment::Plan& plan);

/// Tries plans one after the other and keeps the best.
class PlanTrial {
 public:
  PlanTrial(const scenarios::Scenario& scenario, const Candidates& candidates, const Goal& goal, const Effort& effort)
      : scenario_(scenario), candidates_(candidates), goal_(goal), effort_(effort) {}

  /// Goes on from a plan that another search found.
  void start(const Found& found);
  /// A place for each layer that is to be placed, or nothing at all. True when this is the best so far.
  bool take(const std::vector<int>& places);
  /// All on one place, as far as pins and laws allow.
  void take_undivided();
  /// From a placement that overfills memory: moves runs off the pools that are too full, each time the one that costs
  /// least for a byte that was too many, until it fits. Nothing comes of it where that takes more than a few moves.
  void repair(std::vector<int> places);
  /// Moves runs of layers, large ones first, as long as that makes the best plan better or `tries` plans were looked
  /// at.
  void improve(std::size_t tries);

  deployment::Plan plan_of(const std::vector<int>& places) const;
  bool is_stopped() const { return effort_.should_stop && effort_.should_stop(); }
  const std::optional<Found>& best() const { return best_; }
  double best_value() const;  ///< infinite without a plan
  std::size_t tried() const { return tried_; }

 private:
  bool improve_by_runs(std::size_t length, std::size_t until);
  struct Move {
    std::vector<int> places;
    double price = 0;  // seconds a byte
  };
  std::optional<Move> cheapest_relief(const std::vector<int>& places,
                                      const std::vector<deployment::MemoryUse>& full) const;
  bool may_run(model::LayerId layer, int place) const;

  const scenarios::Scenario& scenario_;
  const Candidates& candidates_;
  const Goal& goal_;
  const Effort& effort_;
  std::optional<Found> best_;
  std::vector<int> places_;  // of the best
  std::size_t tried_ = 0;
};

}  // namespace tiercut::planner
