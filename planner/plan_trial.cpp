// SPDX-License-Identifier: Apache-2.0
#include "planner/plan_trial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "deployment/places.hpp"
#include "planner/estimate.hpp"
#include "planner/judgement.hpp"

namespace tiercut::planner {

using model::LayerId;

std::optional<double> value_of(const scenarios::Scenario& scenario, const Goal& goal, const deployment::Plan& plan) {
  if (goal.has_memory_limits && !pools_over(scenario, plan).empty()) return std::nullopt;
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return std::nullopt;
  const auto latency = estimate_latency(*graph);
  if (!latency || !std::isfinite(latency->max)) return std::nullopt;
  if (goal.kind == Goal::Kind::statistic) return latency->at(goal.statistic);
  if (goal.limit && Span::from(Seconds(latency->at(goal.statistic))) > *goal.limit) return std::nullopt;
  return latency->mean;
}

double PlanTrial::best_value() const { return best_ ? best_->value_s : std::numeric_limits<double>::infinity(); }

void PlanTrial::start(const Found& found) {
  if (found.value_s >= best_value()) return;
  best_ = found;
  places_.assign(candidates_.by_layer.size(), -1);
  for (const LayerId id : candidates_.layers) {
    const auto& place = found.plan.placement[static_cast<std::size_t>(id)];
    const auto& places = candidates_.places;
    places_[static_cast<std::size_t>(id)] =
        static_cast<int>(std::find(places.begin(), places.end(), place) - places.begin());
  }
}

deployment::Plan PlanTrial::plan_of(const std::vector<int>& places) const {
  deployment::Plan plan = candidates_.plan;
  for (const LayerId id : candidates_.layers)
    plan.placement[static_cast<std::size_t>(id)] =
        candidates_.places[static_cast<std::size_t>(places[static_cast<std::size_t>(id)])];
  return plan;
}

bool PlanTrial::take(const std::vector<int>& places) {
  if (places.empty()) return false;
  ++tried_;
  deployment::Plan plan = plan_of(places);
  const auto value = value_of(scenario_, goal_, plan);
  if (!value || *value >= best_value() * (1 - 1e-12)) return false;
  best_ = Found{std::move(plan), *value, 0};
  places_ = places;
  return true;
}

bool PlanTrial::may_run(LayerId layer, int place) const {
  const auto& may = candidates_.by_layer[static_cast<std::size_t>(layer)];
  return std::find(may.begin(), may.end(), place) != may.end();
}

void PlanTrial::take_undivided() {
  std::vector<int> places(candidates_.by_layer.size(), -1);
  for (int place = 0; place < static_cast<int>(candidates_.places.size()); ++place) {
    for (const LayerId id : candidates_.layers)
      places[static_cast<std::size_t>(id)] =
          may_run(id, place) ? place : candidates_.by_layer[static_cast<std::size_t>(id)].front();
    take(places);
  }
}

/// The run whose move makes the plan slower by the least for each byte that was too many.
std::optional<PlanTrial::Move> PlanTrial::cheapest_relief(const std::vector<int>& places,
                                                          const std::vector<deployment::MemoryUse>& full) const {
  Goal goal = goal_;
  goal.has_memory_limits = false;
  goal.limit.reset();
  const auto& order = candidates_.layers;
  const auto is_full = [&](int place) {
    const auto& own = candidates_.places[static_cast<std::size_t>(place)];
    const int pool = deployment::unit_at(scenario_, own).memory_pool;
    return std::any_of(full.begin(), full.end(),
                       [&](const auto& use) { return use.device == own.device && use.pool == pool; });
  };
  double over = 0;
  for (const auto& use : full) over += (use.total() - use.usable).value();
  const double before = value_of(scenario_, goal, plan_of(places)).value_or(0);
  std::optional<Move> best;
  for (const std::size_t length : {std::size_t{1}, std::size_t{3}, std::size_t{10}, order.size() / 8}) {
    if (length == 0 || length > order.size()) continue;
    for (std::size_t begin = 0; begin + length <= order.size() && !is_stopped(); begin += (length + 1) / 2) {
      double freed = 0;
      for (std::size_t i = begin; i < begin + length; ++i)
        if (is_full(places[static_cast<std::size_t>(order[i])]))
          freed += scenario_.model->layer(order[i]).weight_bytes.value();
      if (freed <= 0) continue;
      for (int place = 0; place < static_cast<int>(candidates_.places.size()); ++place) {
        if (is_full(place)) continue;
        Move move{places};
        for (std::size_t i = begin; i < begin + length; ++i)
          if (may_run(order[i], place)) move.places[static_cast<std::size_t>(order[i])] = place;
        const auto value = value_of(scenario_, goal, plan_of(move.places));
        if (!value) continue;
        move.price = (*value - before) / std::min(freed, over);
        if (!best || move.price < best->price) best = std::move(move);
      }
    }
  }
  return best;
}

void PlanTrial::repair(std::vector<int> places) {
  constexpr int most_moves = 12;
  for (int i = 0; i < most_moves && !places.empty(); ++i) {
    const auto full = pools_over(scenario_, plan_of(places));
    if (full.empty()) {
      take(places);
      return;
    }
    auto move = cheapest_relief(places, full);
    if (!move) return;
    places = std::move(move->places);
  }
}

/// Moves that begin or end where the place changes along the order; the others open a new cut on both sides.
bool PlanTrial::improve_by_runs(std::size_t length, std::size_t until) {
  bool is_better = false;
  const auto& order = candidates_.layers;
  const auto place_at = [&](std::size_t i) { return places_[static_cast<std::size_t>(order[i])]; };
  for (std::size_t begin = 0; begin < order.size(); begin += std::max<std::size_t>(1, length / 2)) {
    const std::size_t end = std::min(begin + length, order.size());
    for (int place = 0; place < static_cast<int>(candidates_.places.size()); ++place) {
      if (tried_ >= until || is_stopped()) return false;
      const bool is_beside =
          (begin > 0 && place_at(begin - 1) == place) || (end < order.size() && place_at(end) == place);
      if (!is_beside && length < 4 && order.size() > 64) continue;
      std::vector<int> moved = places_;
      bool is_other = false;
      for (std::size_t i = begin; i < end; ++i) {
        int& own = moved[static_cast<std::size_t>(order[i])];
        if (own == place || !may_run(order[i], place)) continue;
        own = place;
        is_other = true;
      }
      if (is_other && take(moved)) is_better = true;
    }
  }
  return is_better;
}

void PlanTrial::improve(std::size_t tries) {
  if (!best_) return;
  const std::size_t until = tried_ + tries;
  bool is_better = true;
  while (is_better && tried_ < until && !is_stopped()) {
    is_better = false;
    for (std::size_t length = candidates_.layers.size() / 2; length > 0; length /= 2)
      is_better = improve_by_runs(length, until) || is_better;
  }
}

}  // namespace tiercut::planner
