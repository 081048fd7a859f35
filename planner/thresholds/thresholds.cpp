// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/thresholds.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "planner/thresholds/unordered_search.hpp"

namespace tiercut::planner {
namespace {

constexpr std::size_t most_reductions = 64;

std::vector<bool> mask_of(const ThresholdProblem& problem, const LevelCosts& costs) {
  return costs.uses.empty() ? std::vector<bool>(problem.exits.size(), true) : costs.uses;
}

Result<void> check(const ThresholdProblem& problem, std::span<const LevelCosts> placements) {
  const auto is_row = [&](const std::vector<double>& row) {
    return row.size() == problem.levels() &&
           std::all_of(row.begin(), row.end(), [](double v) { return std::isfinite(v); });
  };
  for (const auto& costs : placements) {
    const auto refuse = [&](const std::string& why) {
      return fail("bad-level-costs", "placement `" + costs.name + "`: " + why,
                  "one finite value for each of " + std::to_string(problem.levels()) + " levels");
    };
    if (!is_row(costs.cost)) return refuse("the cost row does not fit the exits");
    if (!costs.uses.empty() && costs.uses.size() != problem.exits.size())
      return refuse("`uses` does not fit the exits");
    if (costs.limits.size() > max_limits) return refuse("more than " + std::to_string(max_limits) + " limits");
    for (const auto& limit : costs.limits)
      if (!is_row(limit.amount)) return refuse("limit `" + limit.name + "` does not fit the exits");
  }
  return {};
}

std::vector<ExitChoice> choices_of(const ThresholdProblem& problem, const ReducedTrace& trace,
                                   const std::vector<std::uint32_t>& candidates) {
  std::vector<ExitChoice> choices(problem.exits.size(), {.is_used = false, .is_closed = false, .threshold = {}});
  for (std::size_t e = 0; e < trace.exits.size(); ++e)
    choices[trace.exits[e].exit] = trace.exits[e].choices[candidates[e]];
  return choices;
}

/// What is left of the limits after some nodes and time.
class Remaining {
 public:
  explicit Remaining(const SearchLimits& limits) : limits_(limits), start_(std::chrono::steady_clock::now()) {}
  SearchLimits after(std::uint64_t nodes) const {
    SearchLimits left = limits_;
    left.nodes -= std::min(left.nodes, nodes);
    left.seconds -= std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return left;
  }

 private:
  SearchLimits limits_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace

std::string_view to_text(ThresholdStatus status) {
  switch (status) {
    case ThresholdStatus::optimal:
      return "optimal";
    case ThresholdStatus::feasible:
      return "feasible";
    case ThresholdStatus::infeasible:
      return "infeasible";
    case ThresholdStatus::no_better:
      return "no better";
    case ThresholdStatus::stopped:
      return "stopped";
  }
  return {};
}

void measure(const ThresholdProblem& problem, const LevelCosts& costs, ThresholdAnswer& answer) {
  const auto outcome = replay(problem, answer.choices);
  answer.answered = outcome.answered;
  answer.loss = outcome.loss;
  answer.survivors.clear();
  std::size_t going_on = problem.samples();
  for (std::size_t k = 0; k < problem.exits.size(); ++k) answer.survivors.push_back(going_on -= outcome.answered[k]);
  answer.cost = mean_cost(costs, outcome.answered);
  answer.amounts.clear();
  for (const auto& limit : costs.limits) answer.amounts.push_back(mean_amount(limit, outcome.answered));
}

const ReducedTrace& ThresholdOptimiser::reduction(std::uint64_t budget, const std::vector<bool>& uses) {
  const auto known = reductions_.lower_bound({uses, budget});
  if (known != reductions_.end() && known->first.first == uses) {
    const auto& trace = known->second;
    const bool is_near = known->first.second == budget || !trace.is_feasible ||
                         (budget > trace.least_loss && trace.slack <= 2 * (budget - trace.least_loss));
    if (is_near) return trace;
  }
  if (reductions_.size() >= most_reductions) reductions_.clear();
  return reductions_.emplace(std::pair(uses, budget), reduce(problem_, budget, uses)).first->second;
}

double ThresholdOptimiser::quick_bound(std::uint64_t budget, const LevelCosts& placement) {
  const auto& trace = reduction(budget, mask_of(problem_, placement));
  const bool is_in_order = is_ordered(placement);
  const ThresholdSearch search(trace, is_in_order ? placement : ordered_below(placement), budget);
  return search.root_bound() / static_cast<double>(problem_.samples());
}

Result<ThresholdAnswer> ThresholdOptimiser::cheapest(std::uint64_t budget, std::span<const LevelCosts> placements,
                                                     const ThresholdOptions& options) {
  if (auto checked = check(problem_, placements); !checked) return tl::unexpected(checked.error());
  const auto samples = static_cast<double>(problem_.samples());
  const Remaining remaining(options.limits);
  std::vector<double> bounds;
  for (const auto& placement : placements) bounds.push_back(quick_bound(budget, placement) * samples);
  std::vector<std::size_t> order(placements.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return bounds[a] < bounds[b]; });

  ThresholdAnswer answer;
  double best = options.incumbent * samples, lower_bound = best;
  bool is_finished = true, is_found = false;
  std::string method = "no placement";
  for (const auto index : order) {
    const auto& placement = placements[index];
    const auto& trace = reduction(budget, mask_of(problem_, placement));
    answer.least_loss = trace.least_loss;
    if (bounds[index] >= best) continue;
    const auto limits = remaining.after(answer.nodes);
    const bool is_in_order = is_ordered(placement);
    SearchFound found;
    std::vector<ExitChoice> choices;
    if (is_in_order) {
      found = ThresholdSearch(trace, placement, budget).run(best, limits);
      if (found.is_better) choices = choices_of(problem_, trace, found.candidates);
    } else {
      auto unordered = search_unordered(problem_, trace, budget, placement, best, limits);
      found = std::move(unordered.found);
      choices = std::move(unordered.choices);
    }
    answer.nodes += found.nodes;
    is_finished &= found.is_finished;
    if (!found.is_finished) lower_bound = std::min(lower_bound, found.lower_bound);
    if (!found.is_better) continue;
    is_found = true;
    best = found.cost;
    answer.placement = index;
    answer.choices = std::move(choices);
    method = is_in_order ? "loss-budget branch and bound" : "enumeration of all thresholds";
  }
  const bool has_incumbent = std::isfinite(options.incumbent);
  if (is_found) {
    measure(problem_, placements[answer.placement], answer);
    answer.status = is_finished ? ThresholdStatus::optimal : ThresholdStatus::feasible;
  } else if (is_finished) {
    answer.status = has_incumbent ? ThresholdStatus::no_better : ThresholdStatus::infeasible;
  }
  answer.method = method;
  answer.lower_bound = is_finished ? best / samples : std::min(lower_bound, best) / samples;
  if (is_found) answer.lower_bound = std::min(answer.lower_bound, answer.cost);
  return answer;
}

Result<ThresholdAnswer> ThresholdOptimiser::least_loss(std::span<const LevelCosts> placements,
                                                       const ThresholdOptions& options) {
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < problem_.samples(); ++i) {
    std::uint64_t worst = problem_.final_loss[i];
    for (const auto& exit : problem_.exits) worst = std::max<std::uint64_t>(worst, exit.loss[i]);
    most += worst;
  }
  const Remaining remaining(options.limits);
  auto answer = cheapest(most, placements, options);
  if (!answer || !answer->has_thresholds()) return answer;
  std::uint64_t nodes = answer->nodes, known_too_low = 0;
  bool is_proven = true;
  while (known_too_low < answer->loss) {
    const std::uint64_t budget = known_too_low + (answer->loss - known_too_low) / 2;
    ThresholdOptions step{remaining.after(nodes), options.incumbent};
    auto tried = cheapest(budget, placements, step);
    nodes += tried->nodes;
    if (tried->has_thresholds()) {
      is_proven = true;
      answer = std::move(tried);
    } else {
      if (tried->status == ThresholdStatus::stopped) is_proven = false;
      known_too_low = budget + 1;
      if (!is_proven) break;
    }
  }
  answer->nodes = nodes;
  if (!is_proven) answer->status = ThresholdStatus::feasible;
  return answer;
}

}  // namespace tiercut::planner
