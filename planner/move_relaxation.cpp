// SPDX-License-Identifier: Apache-2.0
#include "planner/move_relaxation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "planner/solve.hpp"

namespace tiercut::planner {
namespace {

using scenarios::DeviceRef;
using scenarios::Scenario;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_way_s = 1e6;  // far beyond what shipping may take, and still exact to the picosecond in a double
constexpr int most_rounds = 24;

class Relaxation {
 public:
  Relaxation(const Scenario& scenario, const Candidates& candidates, const deployment::PlanInForce& in_force,
             DeviceRef store, double horizon)
      : scenario_(scenario), candidates_(candidates), horizon_(horizon), places_(candidates.places.size()) {
    const auto origins = weight_origins(scenario, in_force, store);
    seconds_.resize(scenario.model->layers.size() * places_);
    is_possible_.assign(seconds_.size(), true);
    for (const model::LayerId id : candidates.layers)
      for (const int place : candidates.by_layer[static_cast<std::size_t>(id)])
        enter(id, place, origins[static_cast<std::size_t>(id)], store);
  }

  std::optional<MoveRelaxation> run() {
    MoveRelaxation made;
    if (links_.empty()) {
      const auto only = solved(surcharge({}, false));
      if (!only) return std::nullopt;
      take(*only, made);
      made.bound_s = bound_of(*only);
      return made;
    }
    const auto unmoved = solved(surcharge({}, true));
    if (!unmoved) return std::nullopt;
    take(*unmoved, made);
    const double without = bound_of(*unmoved);
    std::vector<double> weights(links_.size(), 1.0 / static_cast<double>(links_.size()));
    double with = 0;
    for (int round = 0; round < (links_.size() == 1 ? 1 : most_rounds); ++round) {
      const auto best = solved(surcharge(weights, false));
      if (!best) return std::nullopt;
      take(*best, made);
      with = std::max(with, bound_of(*best));
      if (!best->best) break;
      turn(weights, times_of(best->best->plan), round);
    }
    if (links_.size() == 1) {
      const auto& link = scenario_.links[static_cast<std::size_t>(links_.begin()->first.first)];
      with += (link.latency + link.overhead).value();
    }
    made.bound_s = std::min(without, with);
    return made;
  }

 private:
  /// Times on the links that the layer's weights cross to get to the place.
  void enter(model::LayerId id, int place, DeviceRef origin, DeviceRef store) {
    const DeviceRef target = candidates_.places[static_cast<std::size_t>(place)].device;
    const Bytes size = scenario_.model->layer(id).weight_bytes;
    if (origin == target || size.value() == 0) return;
    auto route = scenario_.route(origin, target);
    if (!route && store == target) return;
    if (!route) route = scenario_.route(store, target);
    if (!route) {
      is_possible_[index(id, place)] = false;
      return;
    }
    for (const scenarios::Hop& hop : *route) {
      const auto key = std::pair(hop.link, hop.member);
      const auto number = links_.try_emplace(key, links_.size()).first->second;
      const auto& link = scenario_.links[static_cast<std::size_t>(hop.link)];
      seconds_[index(id, place)].push_back({number, (size / link.bandwidth).value()});
    }
  }

  std::size_t index(model::LayerId id, int place) const {
    return static_cast<std::size_t>(id) * places_ + static_cast<std::size_t>(place);
  }

  /// By layer and place, over the horizon: the weighted times, or (`is_unmoved`) no way for whatever has to be shipped.
  std::vector<double> surcharge(const std::vector<double>& weights, bool is_unmoved) const {
    std::vector<double> made(seconds_.size(), 0);
    for (std::size_t i = 0; i < made.size(); ++i) {
      double sum = is_possible_[i] && (!is_unmoved || seconds_[i].empty()) ? 0 : no_way_s;
      if (!is_unmoved)
        for (const auto& [link, time] : seconds_[i]) sum += weights[link] * time;
      made[i] = sum / horizon_;
    }
    return made;
  }

  std::optional<SearchOutcome> solved(const std::vector<double>& surcharge) const {
    Goal goal = goal_of(scenario_, true);
    if (goal.statistic == Statistic::mean) goal.limit.reset();
    goal.surcharge = &surcharge;
    return search_chain(scenario_, candidates_, goal);
  }

  double bound_of(const SearchOutcome& outcome) const {
    if (!outcome.best) return outcome.is_complete ? infinity : 0;
    const double bound = horizon_ * outcome.best->bound_s;
    return bound >= no_way_s ? infinity : bound;
  }

  static void take(const SearchOutcome& outcome, MoveRelaxation& made) {
    if (outcome.best) made.plans.push_back(outcome.best->plan);
  }

  std::vector<double> times_of(const deployment::Plan& plan) const {
    std::vector<double> times(links_.size(), 0);
    for (const model::LayerId id : candidates_.layers) {
      const auto& place = plan.placement[static_cast<std::size_t>(id)];
      const auto found = std::find(candidates_.places.begin(), candidates_.places.end(), place);
      for (const auto& [link, time] : seconds_[index(id, static_cast<int>(found - candidates_.places.begin()))])
        times[link] += time;
    }
    return times;
  }

  /// A step along the subgradient, back onto weights that sum to 1, ever shorter.
  static void turn(std::vector<double>& weights, const std::vector<double>& times, int round) {
    const double most = *std::max_element(times.begin(), times.end());
    if (most <= 0) return;
    double sum = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
      weights[k] *= std::exp(times[k] / most * 2 / (1 + round));
      sum += weights[k];
    }
    for (double& weight : weights) weight /= sum;
  }

  struct Crossing {
    std::size_t link = 0;
    double time = 0;
  };

  const Scenario& scenario_;
  const Candidates& candidates_;
  double horizon_;
  std::size_t places_;
  std::map<std::pair<int, int>, std::size_t> links_;  // those that weights may cross
  std::vector<std::vector<Crossing>> seconds_;        // by layer and place
  std::vector<bool> is_possible_;
};

}  // namespace

std::optional<MoveRelaxation> relax_move(const Scenario& scenario, const Candidates& candidates,
                                         const deployment::PlanInForce& in_force, DeviceRef store, double horizon) {
  return Relaxation(scenario, candidates, in_force, store, horizon).run();
}

}  // namespace tiercut::planner
