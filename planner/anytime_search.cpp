// SPDX-License-Identifier: Apache-2.0
#include "planner/anytime_search.hpp"

#include <algorithm>
#include <cmath>

#include "planner/block_relaxation.hpp"
#include "planner/plan_trial.hpp"
#include "planner/pool_prices.hpp"
#include "planner/prefix_plan.hpp"
#include "planner/tier_plan.hpp"

namespace tiercut::planner {
namespace {

using scenarios::Scenario;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t quick_nodes = 20'000, quick_leaves = 1'000;
constexpr std::size_t narrow_width = 64;
constexpr std::size_t wide_labels = 20'000'000;  // before any is dropped
constexpr std::size_t moves = 600;
constexpr int price_rounds = 14;
// Bounds lie a tick a call below what they bound.
constexpr double close_enough = 1e-9;

class AnytimeSearch {
 public:
  AnytimeSearch(const Scenario& scenario, const Candidates& candidates, const Goal& goal, const Effort& effort)
      : scenario_(scenario),
        candidates_(candidates),
        goal_(goal),
        effort_(effort),
        trial_(scenario, candidates, goal, effort) {}

  Solved run() {
    SearchOutcome quick = search_graph(scenario_, candidates_, goal_, limited(quick_nodes, quick_leaves));
    examined_ = quick.examined;
    if (quick.is_complete || trial_.is_stopped()) return {std::move(quick), "branch and bound"};
    bound_ = quick.best ? quick.best->bound_s : 0;
    if (quick.best) trial_.start(*quick.best);
    const Bounds bounds(scenario_, candidates_);
    trial_.take(prefix_plan(scenario_, candidates_, bounds, std::vector<double>(candidates_.places.size(), 0)));
    for (const auto& places : tier_plans(scenario_, candidates_, bounds)) trial_.take(places);
    if (BlockRelaxation::applies(scenario_, candidates_)) {
      const BlockRelaxation relaxation(scenario_, candidates_, bounds, goal_.has_memory_limits);
      relax(relaxation, bounds, narrow_width);
      if (!is_settled()) trial_.improve(moves);
      if (!is_settled()) relax(relaxation, bounds, wide_width());
      if (is_settled()) return settled("block dynamic program");
    } else {
      trial_.improve(moves);
    }
    if (!trial_.is_stopped()) return branch();
    return unsettled();
  }

 private:
  /// Larger graphs take longer a node and a plan.
  Effort limited(std::size_t nodes, std::size_t leaves) const {
    constexpr std::size_t small = 40;
    const std::size_t size = std::max(small, candidates_.layers.size());
    return {std::min(effort_.nodes, nodes * small / size),
            std::min(effort_.leaves, leaves * small * small / (size * size)), effort_.should_stop};
  }

  std::size_t wide_width() const {
    const std::size_t places = candidates_.places.size();
    return std::clamp<std::size_t>(wide_labels / (places * places * candidates_.layers.size()), narrow_width, 4096);
  }

  /// With one answer all statistics are its latency, so without a plan the requirement is what is left to beat; a
  /// little more, so that reaching it says that no plan keeps it.
  double ceiling() const {
    if (trial_.best()) return trial_.best_value();
    const bool is_limited = goal_.kind == Goal::Kind::mean && goal_.limit;
    return is_limited ? goal_.limit->seconds().value() * (1 + 10 * close_enough) + 1e-11 : infinity;
  }
  bool is_settled() const { return bound_ >= ceiling() * (1 - close_enough); }

  RelaxedPlan relaxed(const BlockRelaxation& relaxation, const std::vector<double>& prices, std::size_t width) {
    RelaxedPlan found = relaxation.solve({prices, width, ceiling(), effort_.should_stop});
    examined_ += found.labels;
    bound_ = std::max(bound_, found.bound_s);
    trial_.take(found.places);
    return found;
  }

  /// First without prices; where memory binds, narrow searches look for those at which it just does not, and one of the
  /// full width is made at the best of them.
  void relax(const BlockRelaxation& relaxation, const Bounds& bounds, std::size_t width) {
    if (width > narrow_width || !goal_.has_memory_limits) {
      relaxed(relaxation, best_prices_, width);
      return;
    }
    PoolPrices prices(relaxation);
    RelaxedPlan found = relaxed(relaxation, {}, width);
    std::vector<int> nearest;  // that overfills memory
    double least_over = infinity;
    for (int round = 0; round < price_rounds; ++round) {
      if (is_settled() || trial_.is_stopped() || found.places.empty()) return;
      const auto uses = deployment::memory_use(scenario_, trial_.plan_of(found.places));
      if (const double over = bytes_over(uses); over > 0 && over < least_over) {
        least_over = over;
        nearest = found.places;
      }
      const double target = std::isfinite(ceiling()) ? ceiling() : 1.5 * found.bound_s;
      if (!prices.follow(uses, std::max(target - found.bound_s, 1e-3 * target) * 1e12)) break;
      const double before = bound_;
      found = relaxed(relaxation, prices.by_pool(), width);
      if (bound_ > before) best_prices_ = prices.by_pool();
      trial_.take(prefix_plan(scenario_, candidates_, bounds, prices.by_place()));
    }
    trial_.repair(nearest);
  }

  static double bytes_over(const std::vector<deployment::MemoryUse>& uses) {
    double over = 0;
    for (const auto& use : uses) over += std::max(0.0, (use.total() - use.usable).value());
    return over;
  }

  Solved branch() {
    SearchOutcome outcome =
        search_graph(scenario_, candidates_, goal_, limited(effort_.nodes, effort_.leaves), trial_.best());
    examined_ += outcome.examined;
    if (outcome.is_complete) {
      outcome.examined = examined_;
      return {std::move(outcome), "branch and bound"};
    }
    if (outcome.best) {
      trial_.start(*outcome.best);
      bound_ = std::max(bound_, outcome.best->bound_s);
    }
    return is_settled() ? settled("branch and bound") : unsettled();
  }

  Solved settled(const char* method) {
    SearchOutcome outcome{trial_.best(), true, examined_};
    if (outcome.best) outcome.best->bound_s = outcome.best->value_s;
    return {std::move(outcome), method};
  }
  Solved unsettled() {
    SearchOutcome outcome{trial_.best(), false, examined_};
    if (outcome.best) outcome.best->bound_s = std::min(bound_, outcome.best->value_s);
    return {std::move(outcome), "blocks, prefixes and moves"};
  }

  const Scenario& scenario_;
  const Candidates& candidates_;
  const Goal& goal_;
  const Effort& effort_;
  PlanTrial trial_;
  std::vector<double> best_prices_;  // of the greatest bound
  double bound_ = 0;
  std::size_t examined_ = 0;
};

}  // namespace

Solved search_anytime(const Scenario& scenario, const Candidates& candidates, const Goal& goal, const Effort& effort) {
  return AnytimeSearch(scenario, candidates, goal, effort).run();
}

}  // namespace tiercut::planner
