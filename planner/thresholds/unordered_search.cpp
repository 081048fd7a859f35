// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/unordered_search.hpp"

#include <algorithm>
#include <chrono>

namespace tiercut::planner {
namespace {

constexpr std::uint64_t most_work = 200'000'000;  // prefixes times samples, about a second

/// The samples that thresholds of the first exits leave, and what the others have cost.
struct Prefix {
  std::vector<bool> is_left;
  std::size_t left = 0;
  std::vector<double> sums;  // cost, then limits
  std::uint64_t loss = 0;    // of those that stopped, and the least that the others can reach
};

class Enumeration {
 public:
  Enumeration(const ThresholdProblem& problem, std::uint64_t budget, const LevelCosts& costs,
              const SearchLimits& limits)
      : problem_(problem), budget_(budget), costs_(costs), below_(ordered_below(costs)), limits_(limits) {
    for (std::size_t k = 0; k < problem.exits.size(); ++k)
      if (costs.uses_exit(k)) used_.push_back(k);
    const std::size_t samples = problem.samples();
    least_after_.resize(used_.size() + 1);
    least_after_.back() = problem.final_loss;
    for (std::size_t u = used_.size(); u-- > 0;) {
      least_after_[u] = least_after_[u + 1];
      const auto& exit = problem.exits[used_[u]];
      for (std::size_t i = 0; i < samples; ++i)
        if (exit.may_answer[i] != 0) least_after_[u][i] = std::min(least_after_[u][i], exit.loss[i]);
    }
    for (const auto k : used_) {
      std::vector<std::uint32_t> order;
      for (std::uint32_t i = 0; i < samples; ++i)
        if (problem.exits[k].may_answer[i] != 0) order.push_back(i);
      std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return sureness(problem.exits[k], a) > sureness(problem.exits[k], b);
      });
      order_.push_back(std::move(order));
    }
    choices_.assign(problem.exits.size(), {.is_used = false, .is_closed = false, .threshold = {}});
  }

  /// Looks for thresholds that cost less than `best`.
  void run(UnorderedFound best) {
    best_ = std::move(best);
    Prefix all;
    all.is_left.assign(problem_.samples(), true);
    all.left = problem_.samples();
    all.sums.assign(rows(), 0.0);
    for (const auto loss : least_after_.front()) all.loss += loss;
    visit(0, std::move(all));
  }

  UnorderedFound take() { return std::move(best_); }
  std::uint64_t nodes() const { return nodes_; }
  bool is_stopped() const { return is_stopped_; }

 private:
  std::size_t rows() const { return 1 + costs_.limits.size(); }
  static double value(const LevelCosts& costs, std::size_t row, std::size_t level) {
    return row == 0 ? costs.cost[level] : costs.limits[row - 1].amount[level];
  }
  std::size_t level(std::size_t used) const { return used < used_.size() ? used_[used] : problem_.exits.size(); }

  bool is_over() {
    ++nodes_;
    if (nodes_ > std::min<std::uint64_t>(most_work / problem_.samples(), limits_.nodes)) is_stopped_ = true;
    if (nodes_ % 64 == 0) {
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
      if (spent.count() >= limits_.seconds || (limits_.should_stop && limits_.should_stop())) is_stopped_ = true;
    }
    return is_stopped_;
  }

  /// Whether no choice of the later thresholds can help.
  bool is_hopeless(std::size_t used, const Prefix& prefix) const {
    if (prefix.loss > budget_) return true;
    const auto left = static_cast<double>(prefix.left), samples = static_cast<double>(problem_.samples());
    for (std::size_t m = 0; m < rows(); ++m) {
      const double sum = prefix.sums[m] + left * value(below_, m, level(used));
      const double most = m == 0 ? best_.found.cost : with_tolerance(costs_.limits[m - 1].most) * samples;
      if (m == 0 ? sum >= most : sum > most) return true;
    }
    return false;
  }

  void visit(std::size_t used, Prefix prefix) {
    if (is_hopeless(used, prefix) || is_over()) return;
    if (used == used_.size()) {
      best_.found.cost = prefix.sums[0] + static_cast<double>(prefix.left) * costs_.cost.back();
      best_.found.is_better = true;
      best_.choices = choices_;
      return;
    }
    const auto& exit = problem_.exits[used_[used]];
    const auto& order = order_[used];
    for (std::size_t i = 0; i < problem_.samples(); ++i)
      if (prefix.is_left[i]) prefix.loss += least_after_[used + 1][i] - least_after_[used][i];
    std::optional<double> last_in;
    for (std::size_t position = 0; !is_stopped_;) {
      const auto first_out = position < order.size() ? std::optional(sureness(exit, order[position])) : std::nullopt;
      choices_[used_[used]] = choice_between(exit.measure, last_in, first_out);
      visit(used + 1, prefix);
      while (position < order.size() && !prefix.is_left[order[position]]) ++position;
      if (position == order.size()) return;
      last_in = sureness(exit, order[position]);
      for (; position < order.size() && sureness(exit, order[position]) == *last_in; ++position)
        if (prefix.is_left[order[position]]) stop_here(used, order[position], prefix);
    }
  }

  void stop_here(std::size_t used, std::uint32_t sample, Prefix& prefix) const {
    prefix.is_left[sample] = false;
    --prefix.left;
    prefix.loss += problem_.exits[used_[used]].loss[sample];
    prefix.loss -= least_after_[used + 1][sample];
    for (std::size_t m = 0; m < rows(); ++m) prefix.sums[m] += value(costs_, m, used_[used]);
  }

  const ThresholdProblem& problem_;
  std::uint64_t budget_;
  const LevelCosts& costs_;
  LevelCosts below_;
  SearchLimits limits_;
  std::vector<std::size_t> used_;
  std::vector<std::vector<std::uint32_t>> least_after_;  // by used exit: least loss of a sample that reaches it
  std::vector<std::vector<std::uint32_t>> order_;        // by used exit: samples that may answer, surest first
  std::vector<ExitChoice> choices_;                      // of the prefix
  UnorderedFound best_;
  std::uint64_t nodes_ = 0;
  bool is_stopped_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Exits that the placement uses but the reduction does not know are closed.
std::vector<ExitChoice> choices_of(const ThresholdProblem& problem, const LevelCosts& costs, const ReducedTrace& trace,
                                   const std::vector<std::uint32_t>& candidates) {
  std::vector<ExitChoice> choices(problem.exits.size(), {.is_used = false, .is_closed = false, .threshold = {}});
  for (std::size_t k = 0; k < choices.size(); ++k) {
    if (!costs.uses_exit(k)) continue;
    std::optional<double> surest;
    for (std::size_t i = 0; i < problem.samples(); ++i)
      if (problem.exits[k].may_answer[i] != 0) surest = std::max(surest, std::optional(sureness(problem.exits[k], i)));
    choices[k] = choice_between(problem.exits[k].measure, {}, surest);
  }
  for (std::size_t e = 0; e < trace.exits.size(); ++e)
    choices[trace.exits[e].exit] = trace.exits[e].choices[candidates[e]];
  return choices;
}

LevelCosts without_dear_exits(const LevelCosts& costs) {
  const LevelCosts below = ordered_below(costs);
  LevelCosts open = costs;
  open.uses.assign(costs.cost.size() - 1, false);
  for (std::size_t k = 0; k < open.uses.size(); ++k) {
    bool is_dear = costs.cost[k] > below.cost[k];
    for (std::size_t l = 0; l < costs.limits.size(); ++l)
      is_dear |= costs.limits[l].amount[k] > below.limits[l].amount[k];
    open.uses[k] = costs.uses_exit(k) && !is_dear;
  }
  return open;
}

void try_choices(const ThresholdProblem& problem, const LevelCosts& costs, std::vector<ExitChoice> choices,
                 UnorderedFound& best) {
  const auto outcome = replay(problem, choices);
  const double cost = mean_cost(costs, outcome.answered) * static_cast<double>(problem.samples());
  if (cost >= best.found.cost || !keeps_limits(costs, outcome.answered)) return;
  best.found.cost = cost;
  best.found.is_better = true;
  best.choices = std::move(choices);
}

}  // namespace

UnorderedFound search_unordered(const ThresholdProblem& problem, const ReducedTrace& trace, std::uint64_t budget,
                                const LevelCosts& costs, double incumbent, const SearchLimits& limits) {
  ThresholdSearch relaxed(trace, ordered_below(costs), budget);
  const auto bound = relaxed.run(incumbent, limits);
  UnorderedFound best;
  best.found.cost = incumbent;
  best.found.lower_bound = bound.lower_bound;
  best.found.nodes = bound.nodes;
  if (bound.is_finished && !bound.is_better) return best;
  if (bound.is_better) try_choices(problem, costs, choices_of(problem, costs, trace, bound.candidates), best);

  // Exits that are dearer than a later level may be better closed; what is left is ordered and solved exactly.
  const LevelCosts open = without_dear_exits(costs);
  const ReducedTrace reduced = reduce(problem, budget, open.uses);
  const auto ordered = ThresholdSearch(reduced, open, budget).run(best.found.cost, limits);
  best.found.nodes += ordered.nodes;
  if (ordered.is_better) try_choices(problem, costs, choices_of(problem, costs, reduced, ordered.candidates), best);

  const double lower_bound = bound.lower_bound;
  if (best.found.cost <= lower_bound * (1 + 1e-12)) return best;
  Enumeration all(problem, budget, costs, limits);
  all.run(std::move(best));
  best = all.take();
  best.found.nodes += all.nodes();
  best.found.is_finished = !all.is_stopped();
  best.found.lower_bound = all.is_stopped() ? std::min(lower_bound, best.found.cost) : best.found.cost;
  return best;
}

}  // namespace tiercut::planner
