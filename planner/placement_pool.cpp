// SPDX-License-Identifier: Apache-2.0
#include "planner/placement_pool.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "planner/bounds.hpp"
#include "planner/graph_blocks.hpp"
#include "planner/judgement.hpp"
#include "planner/prefix_plan.hpp"
#include "planner/tier_plan.hpp"

namespace tiercut::planner {
namespace {

using scenarios::Scenario;

bool is_dominated(const std::vector<Span>& by, const std::vector<Span>& latency) {
  for (std::size_t l = 0; l < latency.size(); ++l)
    if (by[l] > latency[l]) return false;
  return true;
}

bool is_dominated(const AnswerLevels& by, const AnswerLevels& levels) {
  if (by.order != levels.order || !is_dominated(by.latency, levels.latency)) return false;
  for (std::size_t row = 0; row < levels.amounts.size(); ++row)
    for (std::size_t l = 0; l < levels.latency.size(); ++l)
      if (by.amounts[row][l] > levels.amounts[row][l]) return false;
  return true;
}

/// The placements of one choice of exits.
class Collector final : public PlanCollector {
 public:
  Collector(const std::vector<int>& exits, bool has_one_order, std::optional<Span> limit, bool with_amounts)
      : exits_(exits), has_one_order_(has_one_order), limit_(limit), with_amounts_(with_amounts) {}

  double rank(const std::vector<int>& answers, const std::vector<std::int64_t>& reach) override {
    const AnswerLevels least = bound_of(answers, reach);
    if (limit_ && *std::min_element(least.latency.begin(), least.latency.end()) > *limit_)
      return std::numeric_limits<double>::infinity();
    double sum = 0;
    for (const Span latency : least.latency) sum += latency.seconds().value();
    // Where exits race each other, other placements let other exits win, and sooner is not better in every way.
    if (!has_one_order_ || with_amounts_) return sum;
    const bool is_needless = std::any_of(found_.begin(), found_.end(), [&](const PooledPlan& pooled) {
      return pooled.levels.is_exact && pooled.levels.order == least.order &&
             is_dominated(pooled.levels.latency, least.latency);
    });
    return is_needless ? std::numeric_limits<double>::infinity() : sum;
  }

  void take(const deployment::Plan& plan, const deployment::StageGraph& graph) override {
    auto levels = answer_levels(graph, with_amounts_);
    if (!levels) return;
    if (!levels->is_exact) {
      open_.push_back(std::move(*levels));
      return;
    }
    const auto is_it_needless = [&](const PooledPlan& other) { return is_dominated(other.levels, *levels); };
    if (std::any_of(found_.begin(), found_.end(), is_it_needless)) return;
    std::erase_if(found_, [&](const PooledPlan& other) { return is_dominated(*levels, other.levels); });
    found_.push_back({plan, std::move(*levels)});
  }

  void leave(const std::vector<int>& answers, const std::vector<std::int64_t>& reach) override {
    if (std::isinf(rank(answers, reach))) return;
    AnswerLevels least = bound_of(answers, reach);
    least.is_exact = has_one_order_;
    open_.push_back(std::move(least));
  }

  void give(PlacementPool& pool) {
    std::move(found_.begin(), found_.end(), std::back_inserter(pool.plans));
    std::move(open_.begin(), open_.end(), std::back_inserter(pool.open));
  }

 private:
  AnswerLevels bound_of(const std::vector<int>& answers, const std::vector<std::int64_t>& reach) const {
    AnswerLevels least{exits_, std::vector<Span>(exits_.size() + 1)};
    for (std::size_t a = 0; a < answers.size(); ++a) {
      const auto level =
          answers[a] < 0
              ? exits_.size()
              : static_cast<std::size_t>(std::find(exits_.begin(), exits_.end(), answers[a]) - exits_.begin());
      least.latency[level] = Span(reach[a]);
    }
    return least;
  }

  const std::vector<int>& exits_;
  bool has_one_order_;
  std::optional<Span> limit_;
  bool with_amounts_;
  std::vector<PooledPlan> found_;
  std::vector<AnswerLevels> open_;
};

/// Choices of exits, those with fewer first; exits whose threshold is given are in all of them.
std::vector<std::vector<bool>> exit_choices(const Scenario& scenario) {
  std::vector<bool> all(scenario.model->exits.size(), false);
  std::vector<std::size_t> optional;
  for (std::size_t k = 0; k < all.size(); ++k) {
    all[k] = k < scenario.exits.size() && scenario.exits[k].has_value();
    if (all[k] && scenario.exits[k]->is_open) optional.push_back(k);
  }
  if (optional.size() > most_optional_exits) return {all};
  std::vector<std::vector<bool>> choices;
  for (unsigned mask = 0; mask < 1U << optional.size(); ++mask) {
    auto& uses = choices.emplace_back(all);
    for (std::size_t o = 0; o < optional.size(); ++o) uses[optional[o]] = (mask >> o & 1U) != 0;
  }
  std::stable_sort(choices.begin(), choices.end(), [](const auto& a, const auto& b) {
    return std::count(a.begin(), a.end(), true) < std::count(b.begin(), b.end(), true);
  });
  return choices;
}

/// What a search that saw too little is likely to have missed: cuts of the order into runs, cuts of the graph at all
/// prices of a byte, and two places with one tensor between them.
class LikelyPlans {
 public:
  LikelyPlans(const Scenario& scenario, const Candidates& candidates, Collector& collector)
      : scenario_(scenario), candidates_(candidates), collector_(collector), bounds_(scenario, candidates) {}

  void take(bool with_amounts) {
    take(prefix_plan(scenario_, candidates_, bounds_, std::vector<double>(candidates_.places.size(), 0)));
    for (const auto& places : tier_plans(scenario_, candidates_, bounds_)) take(places);
    if (!with_amounts) return;
    constexpr double least_price = 10, most_price = 1e12, factor = 2;  // ps a byte
    for (double price = least_price; price < most_price; price *= factor)
      for (const auto& places : tier_plans(scenario_, candidates_, bounds_, price)) take(places);
    take_halves();
  }

 private:
  void take(const std::vector<int>& places) {
    if (places.empty()) return;
    deployment::Plan plan = candidates_.plan;
    for (const auto id : candidates_.layers)
      plan.placement[static_cast<std::size_t>(id)] =
          candidates_.places[static_cast<std::size_t>(places[static_cast<std::size_t>(id)])];
    if (!pools_over(scenario_, plan).empty()) return;
    if (const auto graph = deployment::lower(scenario_, plan)) collector_.take(plan, *graph);
  }

  void take_halves() {
    const auto live = live_tensors(scenario_, candidates_);
    std::vector<int> places(scenario_.model->layers.size(), -1);
    const auto fill = [&](std::size_t from, std::size_t to, int place) {
      for (std::size_t i = from; i < to; ++i) {
        const auto& may = candidates_.by_layer[static_cast<std::size_t>(candidates_.layers[i])];
        const bool is_allowed = std::find(may.begin(), may.end(), place) != may.end();
        places[static_cast<std::size_t>(candidates_.layers[i])] = is_allowed ? place : may.front();
      }
    };
    const std::size_t count = candidates_.layers.size();
    const int n = static_cast<int>(candidates_.places.size());
    for (std::size_t cut = 1; cut < count; ++cut) {
      if (live[cut].size() != 1) continue;
      for (int p = 0; p < n; ++p)
        for (int q = 0; q < n; ++q) {
          if (p == q) continue;
          fill(0, cut, p);
          fill(cut, count, q);
          take(places);
        }
    }
  }

  const Scenario& scenario_;
  const Candidates& candidates_;
  Collector& collector_;
  Bounds bounds_;
};

Result<void> collect(const Scenario& scenario, const std::vector<bool>& uses, std::optional<Span> limit,
                     const Effort& effort, bool with_amounts, PlacementPool& pool) {
  const Scenario blank = without_outcomes(scenario, uses);
  const auto candidates = candidates_of(blank);
  if (!candidates) return tl::unexpected(candidates.error());
  std::vector<int> exits;
  int eager = 0;
  for (std::size_t k = 0; k < uses.size(); ++k) {
    if (!uses[k]) continue;
    exits.push_back(static_cast<int>(k));
    eager += candidates->plan.escalation[k] == scenarios::Escalation::eager ? 1 : 0;
  }
  // A single open exit that comes too late to win could as well stay closed.
  const bool is_open = exits.size() == 1 && scenario.exits[static_cast<std::size_t>(exits[0])]->is_open;
  Collector collector(exits, eager == 0 || is_open, limit, with_amounts);
  Goal goal{.kind = Goal::Kind::mean, .limit = {}, .has_memory_limits = true, .collector = &collector};
  const SearchOutcome outcome = search_graph(blank, *candidates, goal, effort);
  pool.examined += outcome.examined;
  if (!outcome.is_complete) LikelyPlans(blank, *candidates, collector).take(with_amounts);
  collector.give(pool);
  return {};
}

}  // namespace

Scenario without_outcomes(const Scenario& scenario, const std::vector<bool>& uses_exit) {
  Scenario blank = scenario;
  blank.exit_trace.reset();
  blank.requirement = {};
  blank.objective.reset();
  for (std::size_t k = 0; k < blank.exits.size(); ++k) {
    blank.exits[k].reset();
    if (uses_exit[k]) blank.exits[k] = scenarios::ExitStatement{0.5, "either way"};
  }
  return blank;
}

Result<PlacementPool> pool_placements(const Scenario& scenario, std::optional<Span> limit, const Effort& effort,
                                      bool with_amounts) {
  PlacementPool pool;
  for (const auto& uses : exit_choices(scenario))
    if (auto collected = collect(scenario, uses, limit, effort, with_amounts, pool); !collected)
      return tl::unexpected(collected.error());
  return pool;
}

}  // namespace tiercut::planner
