// SPDX-License-Identifier: Apache-2.0
#include "planner/value_search.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "scenarios/exit_replay.hpp"

namespace tiercut::planner {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class LeastValue final : public PlanCollector {
 public:
  LeastValue(const scenarios::Scenario& scenario, const deployment::Plan& plan, const PlanValue& value,
             std::vector<Found> start)
      : scenario_(scenario), value_(value) {
    if (scenario.exit_trace) replay_ = scenarios::replay_of(scenario, deployment::thresholds_of(scenario, plan));
    for (Found& found : start) keep(std::move(found));
  }

  double rank(const std::vector<int>& answers, const std::vector<std::int64_t>& reach) override {
    const double least = value_.at_least(least_mean(answers, reach));
    return best_ && least >= best_->value_s * (1 - 1e-12) ? infinity : least;
  }

  void take(const deployment::Plan& plan, const deployment::StageGraph& graph) override {
    if (const auto value = value_.of(plan, graph)) keep({plan, *value, 0});
  }

  void leave(const std::vector<int>& answers, const std::vector<std::int64_t>& reach) override {
    open_ = std::min(open_, value_.at_least(least_mean(answers, reach)));
  }

  void give(SearchOutcome& outcome) {
    outcome.best = std::move(best_);
    if (outcome.best) outcome.best->bound_s = std::min(outcome.best->value_s, open_);
  }

 private:
  void keep(Found found) {
    if (!best_ || found.value_s < best_->value_s * (1 - 1e-12)) best_ = std::move(found);
  }

  /// As if the earliest conclusive answer always won.
  double least_mean(const std::vector<int>& answers, const std::vector<std::int64_t>& reach) {
    order_.resize(answers.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return reach[a] < reach[b]; });
    double left = 1, mean = 0;
    std::uint32_t asked = 0;
    for (const std::size_t a : order_) {
      const double latency = Span(reach[a]).seconds().value();
      if (answers[a] < 0) return mean + left * latency;
      const double weight = left - left_after(answers[a], left, asked);
      mean += weight * latency;
      left -= weight;
    }
    return mean;
  }

  /// Share of the samples that no exit so far answers, this one included.
  double left_after(int exit, double left, std::uint32_t& asked) const {
    if (replay_) {
      asked |= 1U << exit;
      return static_cast<double>(replay_->rows_with(asked, 0)) / static_cast<double>(replay_->rows());
    }
    const auto& stated = scenario_.exits[static_cast<std::size_t>(exit)];
    return stated ? left * (1 - std::clamp(stated->probability, 0.0, 1.0)) : left;
  }

  const scenarios::Scenario& scenario_;
  const PlanValue& value_;
  std::optional<scenarios::ExitReplay> replay_;
  std::optional<Found> best_;
  double open_ = infinity;
  std::vector<std::size_t> order_;
};

}  // namespace

SearchOutcome search_by_value(const scenarios::Scenario& scenario, const Candidates& candidates, const PlanValue& value,
                              std::vector<Found> start, const Effort& effort) {
  LeastValue collector(scenario, candidates.plan, value, std::move(start));
  const Goal goal{.kind = Goal::Kind::mean, .limit = {}, .has_memory_limits = true, .collector = &collector};
  SearchOutcome outcome = search_graph(scenario, candidates, goal, effort);
  collector.give(outcome);
  return outcome;
}

}  // namespace tiercut::planner
