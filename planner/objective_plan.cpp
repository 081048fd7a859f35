// SPDX-License-Identifier: Apache-2.0
// Given thresholds or probabilities: every placement that may be best by any statistic is estimated as it is.
#include <fmt/format.h>

#include <algorithm>

#include "planner/joint_goal.hpp"
#include "planner/joint_plan.hpp"
#include "planner/judgement.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanStatus;
using scenarios::Scenario;

/// What is compared: the loss only where accuracy is the objective.
struct Value {
  std::uint64_t loss = 0;
  double latency_s = 0;
  bool operator<(const Value& other) const {
    return loss != other.loss ? loss < other.loss : latency_s < other.latency_s * (1 - 1e-12);
  }
};

class ObjectivePlanner {
 public:
  explicit ObjectivePlanner(const Scenario& scenario) : scenario_(scenario) {
    const auto& objective = scenario.objective;
    if (objective && objective->kind == scenarios::Objective::Kind::accuracy) wants_accuracy_ = true;
    if (objective && !wants_accuracy_) statistic_ = objective->statistic;
    if (scenario.requirement.quality) loss_ = loss_choice(*scenario.requirement.quality);
  }

  Result<PlanningResult> run(const std::function<bool()>& should_stop) {
    const auto pool = pool_placements(scenario_, {}, {.should_stop = should_stop});
    if (!pool) return tl::unexpected(pool.error());
    std::optional<PlanningResult> best, nearest;
    Value least, nearest_value;
    for (const PooledPlan& pooled : pool->plans) {
      deployment::Plan plan = pooled.plan;
      plan.thresholds = scenarios::thresholds_of(scenario_);
      auto result = judged(scenario_, plan);
      if (!result) return result;
      const auto loss = loss_of(pooled);
      if (!loss) return tl::unexpected(loss.error());
      const Value value{wants_accuracy_ ? loss->first : 0, result->estimate.latency_s.at(statistic_)};
      if (loss->first > loss->second) result->conflict.push_back(to_text(*scenario_.requirement.quality));
      auto& kept = result->conflict.empty() ? best : nearest;
      auto& kept_value = result->conflict.empty() ? least : nearest_value;
      const bool is_nearer = kept && result->conflict.size() < kept->conflict.size();
      const bool is_farther = kept && result->conflict.size() > kept->conflict.size();
      if (kept && !is_nearer && (is_farther || !(value < kept_value))) continue;
      kept_value = value;
      kept = std::move(*result);
    }
    if (!best && !nearest)
      return fail("over-memory", "no placement fits the memory of the devices and connects inputs and answer",
                  "allow more memory, add links, or loosen pins", Location{scenario_.file, 0, 0, "devices"});
    PlanningResult result = std::move(best ? *best : *nearest);
    result.objective_s = result.estimate.latency_s.at(statistic_);
    result.status = !best ? PlanStatus::infeasible : pool->is_complete() ? PlanStatus::optimal : PlanStatus::feasible;
    double bound = result.objective_s;
    for (const AnswerLevels& open : pool->open)
      bound = std::min(bound, std::min_element(open.latency.begin(), open.latency.end())->seconds().value());
    set_bound(result, bound);
    result.method = fmt::format("best of {} placements", pool->plans.size());
    result.examined = pool->examined;
    return result;
  }

 private:
  /// Loss, and how much is allowed.
  Result<std::pair<std::uint64_t, std::uint64_t>> loss_of(const PooledPlan& pooled) const {
    const auto& quality = scenario_.requirement.quality;
    if (!scenario_.exit_trace || (!quality && !wants_accuracy_)) return std::pair<std::uint64_t, std::uint64_t>{};
    const auto& use = *scenario_.exit_trace;
    const auto problem = problem_of(scenario_, pooled.levels.order, loss_, use.part);
    if (!problem) return tl::unexpected(problem.error());
    auto thresholds = scenarios::thresholds_of(scenario_);
    const auto outcome = replay(*problem, pooled.levels.order, thresholds);
    const std::uint64_t allowed = !quality                     ? outcome.loss
                                  : loss_.kind == LossKind::f1 ? f1_budget(*use.trace, loss_, use.part)
                                                               : budget_of_share(problem->samples(), quality->limit);
    return std::pair{outcome.loss, allowed};
  }

  const Scenario& scenario_;
  bool wants_accuracy_ = false;
  Statistic statistic_ = Statistic::mean;
  LossChoice loss_;
};

}  // namespace

bool has_special_goal(const Scenario& scenario) {
  const scenarios::Objective usual;
  const auto& objective = scenario.objective;
  return scenario.requirement.quality ||
         (objective && (objective->kind != usual.kind || objective->statistic != usual.statistic));
}

Result<PlanningResult> make_objective_plan(const Scenario& scenario, const std::function<bool()>& should_stop) {
  return ObjectivePlanner(scenario).run(should_stop);
}

}  // namespace tiercut::planner
