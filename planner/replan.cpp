// SPDX-License-Identifier: Apache-2.0
#include "planner/replan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "planner/joint_goal.hpp"
#include "planner/joint_plan.hpp"
#include "planner/judgement.hpp"
#include "planner/move_relaxation.hpp"
#include "planner/placement_pool.hpp"
#include "planner/value_search.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanInForce;
using deployment::PlanStatus;
using scenarios::Scenario;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t most_weighed_plans = 20'000;

/// Whether the answers are as good as the scenario asks: where thresholds are open, on the part they are chosen on.
Result<bool> keeps_quality(const Scenario& scenario, const deployment::Plan& plan) {
  const auto& quality = scenario.requirement.quality;
  if (!quality || !scenario.exit_trace) return true;
  const auto blank = deployment::lower(without_outcomes(scenario, plan.uses_exit), plan);
  if (!blank) return tl::unexpected(blank.error());
  const auto levels = answer_levels(*blank);
  if (!levels) return true;
  const auto& use = *scenario.exit_trace;
  const auto part = scenario.has_open_thresholds() ? profiles::TracePart::calibration : use.part;
  const LossChoice loss = loss_choice(*quality);
  const auto problem = problem_of(scenario, levels->order, loss, part);
  if (!problem) return tl::unexpected(problem.error());
  const auto lost = replay(*problem, levels->order, deployment::thresholds_of(scenario, plan)).loss;
  return lost <= (loss.kind == LossKind::f1 ? f1_budget(*use.trace, loss, part)
                                            : budget_of_share(problem->samples(), quality->limit));
}

class Replanner {
 public:
  Replanner(const Scenario& scenario, const PlanInForce& in_force, const ReplanRequest& request,
            const PlanningOptions& options)
      : scenario_(scenario), in_force_(in_force), request_(request), options_(options) {}

  Result<Replan> run() {
    const auto& objective = scenario_.objective;
    wants_accuracy_ = objective && objective->kind == scenarios::Objective::Kind::accuracy;
    if (wants_accuracy_ && request_.horizon)
      return fail("bad-objective", "what moving takes cannot be weighed against accuracy",
                  "leave --horizon out, or plan for latency", Location{scenario_.file, 0, 0, "objective"});
    if (objective && !wants_accuracy_) result_.statistic = objective->statistic;
    if (auto looked = look_at_kept(); !looked) return tl::unexpected(looked.error());
    auto best = make_plan(scenario_, options_);
    if (!best) return tl::unexpected(best.error());
    result_.best = std::move(*best);
    if (!result_.best.plan.placement.empty()) result_.best_move = move_to(result_.best.plan);
    const bool is_kept_possible = result_.kept && result_.why_not.empty();
    if (is_kept_possible && !is_better(result_.best, *result_.kept)) {
      stay();
    } else if (!request_.horizon || result_.best.status == PlanStatus::infeasible) {
      result_.recommended = result_.best;
      result_.move = result_.best_move;
    } else if (auto weighed = weigh(is_kept_possible); !weighed) {
      return tl::unexpected(weighed.error());
    }
    return std::move(result_);
  }

 private:
  Result<void> look_at_kept() {
    for (const std::string& place : in_force_.lost_places()) result_.why_not.push_back(place + " is no more");
    if (!in_force_.is_whole()) return {};
    auto kept = judged(scenario_, in_force_.plan);
    if (!kept) {
      result_.why_not.push_back(kept.error().front().message);
      return {};
    }
    if (!std::isfinite(kept->estimate.latency_s.max)) {
      result_.why_not.push_back("some samples would never be answered");
      return {};
    }
    const auto is_good = keeps_quality(scenario_, in_force_.plan);
    if (!is_good) return tl::unexpected(is_good.error());
    if (!*is_good) kept->conflict.push_back(to_text(*scenario_.requirement.quality));
    for (const scenarios::Pin& pin : scenario_.pins)
      for (const model::LayerId layer : pin.layers) {
        const auto& place = in_force_.plan.placement[static_cast<std::size_t>(layer)];
        if (place.device == pin.device && pin.unit.value_or(place.unit) == place.unit) continue;
        kept->conflict.push_back("pin of " + scenario_.model->layer(layer).name);
        break;
      }
    result_.why_not = kept->conflict;
    if (!kept->conflict.empty()) kept->status = PlanStatus::infeasible;
    kept->method = "in force";
    kept->examined = 1;
    kept->objective_s = kept->estimate.latency_s.at(result_.statistic);
    result_.kept = std::move(*kept);
    return {};
  }

  bool is_better(const PlanningResult& a, const PlanningResult& b) const {
    if (a.status == PlanStatus::infeasible) return false;
    if (wants_accuracy_) return a.estimate.accuracy.value_or(0) > b.estimate.accuracy.value_or(0) + 1e-12;
    return latency_of(a) < latency_of(b) * (1 - 1e-12);
  }

  double latency_of(const PlanningResult& result) const { return result.estimate.latency_s.at(result_.statistic); }

  WeightMove move_to(const deployment::Plan& plan) const {
    return move_weights(scenario_, in_force_, plan, request_.store);
  }

  void stay() {
    result_.stays = true;
    result_.recommended = *result_.kept;
    result_.move = {};
    bound(result_.recommended);
    if (result_.recommended.gap <= 1e-12 && result_.best.status == PlanStatus::optimal)
      result_.recommended.status = PlanStatus::optimal;
  }

  /// What the best plan proves holds for all.
  void bound(PlanningResult& plan) const {
    plan.baselines = result_.best.baselines;
    if (!result_.best.claims) set_bound(plan, result_.best.lower_bound_s);
  }

  double value_of(double latency_s, const WeightMove& move) const {
    if (!move.least_time) return infinity;
    return static_cast<double>(*request_.horizon) * latency_s + move.least_time->value();
  }

  Result<void> weigh(bool is_kept_possible) {
    Replan::Weighed weighed;
    weighed.kept_s = is_kept_possible ? value_of(latency_of(*result_.kept), {}) : infinity;
    weighed.best_s = value_of(latency_of(result_.best), result_.best_move);
    weighed.value_s = std::min(weighed.kept_s, weighed.best_s);
    if (!scenario_.has_open_thresholds() && !has_special_goal(scenario_)) {
      if (auto found = search(weighed, is_kept_possible); !found) return found;
    } else {
      result_.recommended = result_.best;
      result_.move = result_.best_move;
      if (weighed.kept_s <= weighed.best_s) stay();
    }
    result_.weighed = weighed;
    return {};
  }

  std::optional<double> priced(const deployment::Plan& plan) const {
    if (!pools_over(scenario_, plan).empty()) return std::nullopt;
    const auto graph = deployment::lower(scenario_, plan);
    return graph ? priced(plan, *graph) : std::nullopt;
  }

  std::optional<double> priced(const deployment::Plan& plan, const deployment::StageGraph& graph) const {
    const auto latency = estimate_latency(graph);
    if (!latency || !std::isfinite(latency->max) || !meets_latency(scenario_, *latency)) return std::nullopt;
    const double total = value_of(latency->mean, move_to(plan));
    return std::isfinite(total) ? std::optional(total) : std::nullopt;
  }

  /// By branch and bound, unless a known plan is as good as any can be.
  SearchOutcome searched(const Candidates& candidates, std::vector<Found> start, double least) const {
    const auto best = std::min_element(start.begin(), start.end(),
                                       [](const Found& a, const Found& b) { return a.value_s < b.value_s; });
    if (best != start.end() && best->value_s <= least * (1 + 1e-12)) {
      Found known = *best;
      for (const Found& found : start)
        if (found.value_s <= known.value_s * (1 + 1e-12)) {
          known = found;  // the first of equals: staying, if it is one of them
          break;
        }
      known.bound_s = known.value_s;
      return {.best = std::move(known)};
    }
    const double horizon = static_cast<double>(*request_.horizon);
    const PlanValue values{[this](const auto& plan, const auto& graph) { return priced(plan, graph); },
                           [horizon](double mean) { return horizon * mean; }};
    return search_by_value(scenario_, candidates, values, std::move(start),
                           {.leaves = most_weighed_plans, .should_stop = options_.should_stop});
  }

  Result<void> search(Replan::Weighed& weighed, bool is_kept_possible) {
    const auto candidates = candidates_of(scenario_);
    if (!candidates) return tl::unexpected(candidates.error());
    std::vector<Found> start;
    if (is_kept_possible) start.push_back({in_force_.plan, weighed.kept_s, 0});
    if (std::isfinite(weighed.best_s)) start.push_back({result_.best.plan, weighed.best_s, 0});
    const double horizon = static_cast<double>(*request_.horizon);
    double least = horizon * result_.best.lower_bound_s;
    if (const auto relaxed = relax_move(scenario_, *candidates, in_force_, request_.store, horizon)) {
      least = std::max(least, relaxed->bound_s);
      for (const deployment::Plan& plan : relaxed->plans)
        if (const auto total = priced(plan)) start.push_back({plan, *total, 0});
    }
    const SearchOutcome outcome = searched(*candidates, std::move(start), least);
    weighed.examined = outcome.examined;
    if (!outcome.best) {
      // Nowhere can weights get to over these links; what is best then is all there is to say.
      result_.recommended = result_.best;
      result_.move = result_.best_move;
      return {};
    }
    weighed.value_s = outcome.best->value_s;
    weighed.lower_bound_s = std::min(weighed.value_s, std::max(outcome.best->bound_s, least));
    if (weighed.value_s >= weighed.kept_s * (1 - 1e-12)) {
      stay();
      return {};
    }
    result_.move = move_to(outcome.best->plan);
    if (outcome.best->plan.placement == result_.best.plan.placement) {
      result_.recommended = result_.best;
      return {};
    }
    auto chosen = judged(scenario_, outcome.best->plan);
    if (!chosen) return tl::unexpected(chosen.error());
    result_.recommended = std::move(*chosen);
    result_.recommended.method = "weighed against moving";
    result_.recommended.examined = outcome.examined;
    bound(result_.recommended);
    return {};
  }

  const Scenario& scenario_;
  const PlanInForce& in_force_;
  const ReplanRequest& request_;
  const PlanningOptions& options_;
  bool wants_accuracy_ = false;
  Replan result_;
};

}  // namespace

std::optional<double> Replan::gain_s(const PlanningResult& result) const {
  if (!kept) return std::nullopt;
  return kept->estimate.latency_s.at(statistic) - result.estimate.latency_s.at(statistic);
}

std::optional<double> Replan::break_even(const PlanningResult& result, const WeightMove& to) const {
  const auto gain = gain_s(result);
  if (!gain || *gain <= 0 || !to.least_time) return std::nullopt;
  return std::ceil(to.least_time->value() / *gain * (1 - 1e-12));
}

Result<Replan> replan(const Scenario& scenario, const PlanInForce& in_force, const ReplanRequest& request,
                      const PlanningOptions& options) {
  return Replanner(scenario, in_force, request, options).run();
}

}  // namespace tiercut::planner
