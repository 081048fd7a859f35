// SPDX-License-Identifier: Apache-2.0
#include "planner/joint_thresholds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

namespace tiercut::planner {
namespace {

using profiles::TracePart;

double fraction_of(Statistic statistic) {
  switch (statistic) {
    case Statistic::p50:
      return 0.5;
    case Statistic::p90:
      return 0.9;
    case Statistic::p95:
      return 0.95;
    case Statistic::p99:
      return 0.99;
    case Statistic::mean:
    case Statistic::max:
      break;
  }
  return 1;
}

std::uint64_t worst_loss(const ThresholdProblem& problem) {
  std::uint64_t worst = 0;
  for (std::size_t i = 0; i < problem.samples(); ++i) {
    std::uint64_t most = problem.final_loss[i];
    for (const auto& exit : problem.exits) most = std::max<std::uint64_t>(most, exit.loss[i]);
    worst += most;
  }
  return worst;
}

}  // namespace

Result<ThresholdProblem> problem_of(const scenarios::Scenario& scenario, const std::vector<int>& order,
                                    const LossChoice& loss, std::optional<TracePart> part) {
  const auto& exits = scenario.model->exits;
  const auto& trace = *scenario.exit_trace->trace;
  if (order.size() > max_exits)
    return fail("bad-trace-use", std::to_string(order.size()) + " exits, at most " + std::to_string(max_exits) +
                                     " can be planned together");
  // Asked for one by one: each exit has its own measure, and they may win in another order than the trace's.
  ThresholdProblem problem;
  for (const int exit : order) {
    const auto& asked = exits[static_cast<std::size_t>(exit)];
    auto one = make_threshold_problem(trace, loss, part, {asked.name}, asked.confidence);
    if (!one) return one;
    problem.exits.push_back(std::move(one->exits.front()));
  }
  auto all = make_threshold_problem(trace, loss, part);
  if (!all) return all;
  problem.final_loss = std::move(all->final_loss);
  problem.loss = std::move(all->loss);
  problem.has_unit_loss = all->has_unit_loss;
  return problem;
}

ThresholdOutcome replay(const ThresholdProblem& problem, const std::vector<int>& order,
                        const std::vector<std::optional<double>>& thresholds) {
  std::vector<ExitChoice> choices;
  for (const int exit : order) {
    const auto& threshold = thresholds[static_cast<std::size_t>(exit)];
    choices.push_back({.is_used = threshold.has_value(), .is_closed = false, .threshold = threshold});
  }
  return replay(problem, choices);
}

/// Whoever is sure enough for a given threshold must not get past it: being answered later costs more than any budget.
Result<void> JointThresholds::hold_given(const std::vector<int>& order, ThresholdProblem& problem) const {
  const std::uint64_t forbidding = worst_loss(problem) + 1;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto& statement = *scenario_->exits[static_cast<std::size_t>(order[k])];
    if (statement.is_open) continue;
    if (2 * forbidding > std::numeric_limits<std::uint32_t>::max())
      return fail("bad-trace-use", "F1 is planned with all thresholds open, or with all of them given",
                  "write threshold: auto at each exit");
    auto& exit = problem.exits[k];
    const double surest = exit.measure == model::Confidence::normalized_entropy ? 0 : 1;
    for (std::size_t i = 0; i < problem.samples(); ++i) {
      const bool stops =
          exit.may_answer[i] != 0 && profiles::is_confident(exit.measure, exit.score[i], *statement.threshold);
      exit.may_answer[i] = stops ? 1 : 0;
      exit.score[i] = surest;
      if (!stops) continue;
      const auto forbid = [&](std::uint32_t& loss) { loss = std::max(loss, static_cast<std::uint32_t>(forbidding)); };
      for (std::size_t later = k + 1; later < problem.exits.size(); ++later) forbid(problem.exits[later].loss[i]);
      forbid(problem.final_loss[i]);
    }
  }
  return {};
}

Result<JointThresholds::Group*> JointThresholds::group_of(const std::vector<int>& order, const LossChoice& loss) {
  if (const auto known = groups_.find(order); known != groups_.end()) return &known->second;
  auto asked = problem_of(*scenario_, order, loss, TracePart::calibration);
  if (!asked) return tl::unexpected(asked.error());
  samples_ = asked->samples();
  most_loss_ = std::max(most_loss_, worst_loss(*asked));
  if (auto held = hold_given(order, *asked); !held) return tl::unexpected(held.error());
  Group group;
  group.asked = std::make_unique<ThresholdProblem>(std::move(*asked));
  group.optimiser = std::make_unique<ThresholdOptimiser>(*group.asked);
  const auto& parts = scenario_->exit_trace->trace->parts;
  if (std::find(parts.begin(), parts.end(), TracePart::test) != parts.end()) {
    auto test = problem_of(*scenario_, order, loss, TracePart::test);
    if (!test) return tl::unexpected(test.error());
    group.test = std::move(*test);
  }
  return &groups_.emplace(order, std::move(group)).first->second;
}

Result<JointThresholds> JointThresholds::make(const scenarios::Scenario& scenario, const PlacementPool& pool,
                                              const LossChoice& loss, const SearchLimits& search) {
  JointThresholds made(scenario, pool, search);
  for (std::size_t p = 0; p < pool.plans.size(); ++p) {
    const auto group = made.group_of(pool.plans[p].levels.order, loss);
    if (!group) return tl::unexpected(group.error());
    (*group)->plans.push_back(p);
  }
  for (const AnswerLevels& levels : pool.open) {
    if (!levels.is_exact) {
      made.soonest_ = std::min(made.soonest_, *std::min_element(levels.latency.begin(), levels.latency.end()));
      continue;
    }
    const auto group = made.group_of(levels.order, loss);
    if (!group) return tl::unexpected(group.error());
    (*group)->open.push_back(&levels);
  }
  return made;
}

LevelCosts JointThresholds::costs_of(const AnswerLevels& levels, const std::vector<LatencyLimit>& limits) const {
  LevelCosts costs;
  std::vector<double> ticks;
  for (const Span latency : levels.latency) {
    costs.cost.push_back(latency.seconds().value());
    ticks.push_back(static_cast<double>(latency.picoseconds()));
  }
  for (const LatencyLimit& limit : limits) {
    const auto at_most = static_cast<double>(limit.at_most.picoseconds());
    if (limit.late_share)
      costs.limits.push_back(late_limit(ticks, at_most, *limit.late_share, samples_));
    else if (limit.statistic == Statistic::mean)
      costs.limits.push_back({"mean latency", costs.cost, limit.at_most.seconds().value() / with_tolerance(1)});
    else
      costs.limits.push_back(percentile_limit(ticks, at_most, fraction_of(limit.statistic), samples_));
  }
  return costs;
}

JointFound JointThresholds::least_mean(std::uint64_t budget, const std::vector<LatencyLimit>& limits) {
  JointFound found;
  double best = std::numeric_limits<double>::infinity(), bound = best;
  for (auto& [order, group] : groups_) {
    const auto& asked = *group.asked;
    std::vector<LevelCosts> costs;
    for (const std::size_t plan : group.plans) costs.push_back(costs_of(pool_->plans[plan].levels, limits));
    if (order.empty()) {
      std::uint64_t loss = 0;
      for (const auto of_sample : asked.final_loss) loss += of_sample;
      const std::vector<std::size_t> all{samples_};
      for (std::size_t p = 0; loss <= budget && p < costs.size(); ++p) {
        if (!keeps_limits(costs[p], all) || costs[p].cost[0] >= best) continue;
        best = costs[p].cost[0];
        const std::vector<std::optional<double>> none(scenario_->model->exits.size());
        found.best = JointAnswer{group.plans[p], none, loss, best, best};
      }
      for (const AnswerLevels* open : group.open)
        if (loss <= budget) bound = std::min(bound, open->latency[0].seconds().value());
      continue;
    }
    const auto answer = group.optimiser->cheapest(budget, costs, {.limits = search_, .incumbent = best});
    if (!answer) throw std::logic_error("level costs that do not fit their exits: " + to_text(answer.error()));
    const bool is_settled = answer->status == ThresholdStatus::optimal ||
                            answer->status == ThresholdStatus::infeasible ||
                            answer->status == ThresholdStatus::no_better;
    if (!is_settled) bound = std::min(bound, answer->lower_bound);
    for (const AnswerLevels* open : group.open)
      bound = std::min(bound, group.optimiser->quick_bound(budget, costs_of(*open, limits)));
    if (!answer->has_thresholds()) continue;
    best = answer->cost;
    found.best = JointAnswer{group.plans[answer->placement], {}, answer->loss, best, best};
    auto& thresholds = found.best->thresholds;
    thresholds.resize(scenario_->model->exits.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
      const auto exit = static_cast<std::size_t>(order[k]);
      const auto& choice = answer->choices[k];
      if (!scenario_->exits[exit]->is_open)
        thresholds[exit] = scenario_->exits[exit]->threshold;
      else if (choice.is_used && !choice.is_closed)
        thresholds[exit] = choice.threshold;
    }
  }
  if (soonest_ != Span::longest()) bound = std::min(bound, soonest_.seconds().value());
  found.is_proven = bound >= best;
  if (found.best) found.best->lower_bound_s = std::min(best, bound);
  return found;
}

/// A percentile is the latency of some level of some placement: the least of these that can be kept.
JointFound JointThresholds::least_percentile(std::uint64_t budget, Statistic statistic,
                                             const std::vector<LatencyLimit>& limits) {
  std::set<Span> distinct;
  for (const PooledPlan& pooled : pool_->plans)
    distinct.insert(pooled.levels.latency.begin(), pooled.levels.latency.end());
  const std::vector<Span> values(distinct.begin(), distinct.end());
  const auto with = [&](Span at_most) {
    auto all = limits;
    all.push_back({statistic, at_most, {}});
    return least_mean(budget, all);
  };
  JointFound found;
  std::size_t low = 0, high = values.size();  // values below `low` cannot be kept
  bool is_proven = true;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    JointFound tried = with(values[middle]);
    if (tried.best) {
      found = std::move(tried);
      high = middle;
    } else {
      is_proven = is_proven && tried.is_proven;
      low = middle + 1;
    }
  }
  if (found.best) found.best->value_s = found.best->lower_bound_s = values[high].seconds().value();
  found.is_proven = is_proven;
  if (is_proven) return found;
  double least = std::numeric_limits<double>::infinity();
  for (const AnswerLevels& open : pool_->open)
    least = std::min(least, std::min_element(open.latency.begin(), open.latency.end())->seconds().value());
  if (pool_->open.empty() && !values.empty()) least = values.front().seconds().value();
  if (found.best) found.best->lower_bound_s = std::min(found.best->value_s, least);
  return found;
}

JointFound JointThresholds::cheapest(std::uint64_t budget, Statistic statistic,
                                     const std::vector<LatencyLimit>& limits) {
  return statistic == Statistic::mean ? least_mean(budget, limits) : least_percentile(budget, statistic, limits);
}

JointFound JointThresholds::least_loss(std::uint64_t budget, Statistic statistic,
                                       const std::vector<LatencyLimit>& limits) {
  budget = std::min(budget, most_loss_);
  JointFound found = least_mean(budget, limits);
  if (!found.best) return found;
  bool is_proven = true;
  std::uint64_t low = 0, high = found.best->loss;  // less than `low` cannot be reached
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const JointFound tried = least_mean(middle, limits);
    if (tried.best) {
      high = std::min(middle, tried.best->loss);
    } else {
      is_proven = is_proven && tried.is_proven;
      low = middle + 1;
    }
  }
  found = cheapest(high, statistic, limits);
  found.is_proven = found.is_proven && is_proven;
  return found;
}

std::optional<HeldOutCount> JointThresholds::held_out(const JointAnswer& answer, std::optional<Span> at_most) const {
  const AnswerLevels& levels = pool_->plans[answer.plan].levels;
  const Group& group = groups_.at(levels.order);
  if (!group.test) return std::nullopt;
  const auto outcome = replay(*group.test, levels.order, answer.thresholds);
  HeldOutCount count{outcome.loss, 0, 0, group.test->samples()};
  for (std::size_t l = 0; l < outcome.answered.size(); ++l) {
    if (at_most && levels.latency[l] > *at_most) count.late += outcome.answered[l];
    count.mean_s += levels.latency[l].seconds().value() * static_cast<double>(outcome.answered[l]);
  }
  count.mean_s /= static_cast<double>(count.samples);
  return count;
}

}  // namespace tiercut::planner
