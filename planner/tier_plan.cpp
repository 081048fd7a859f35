// SPDX-License-Identifier: Apache-2.0
#include "planner/tier_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "planner/tier_problem.hpp"

namespace tiercut::planner {
namespace {

using model::LayerId;
using scenarios::DeviceRef;
using scenarios::Scenario;

struct Tier {
  int device = 0;  // among those of the messages
  int place = -1;  // none: nothing can run here
};

class TierPlanner {
 public:
  TierPlanner(const Scenario& scenario, const Candidates& candidates, const Bounds& bounds, double byte_price)
      : scenario_(scenario),
        net_(*scenario.model),
        candidates_(candidates),
        bounds_(bounds),
        byte_price_(byte_price),
        messages_(scenario, devices_of(scenario, candidates.places)) {}

  std::vector<std::vector<int>> run() {
    std::vector<std::vector<int>> plans;
    if (scenario_.workload.inputs.size() != 1) return plans;
    std::set<std::vector<int>> seen;
    for (const auto& place : candidates_.places) {
      const auto tiers = tiers_to(place.device);
      std::vector<int> devices;
      for (const Tier& tier : tiers) devices.push_back(tier.device);
      if (tiers.size() < 2 || !seen.insert(devices).second) continue;
      if (auto plan = cut(tiers); !plan.empty()) plans.push_back(std::move(plan));
    }
    return plans;
  }

 private:
  /// The unit of a device that is fastest for all layers together.
  int place_at(DeviceRef device) const {
    int best = -1;
    double least = 0;
    for (std::size_t p = 0; p < candidates_.places.size(); ++p) {
      if (candidates_.places[p].device != device) continue;
      double sum = 0;
      for (const LayerId id : candidates_.layers) sum += static_cast<double>(bounds_.share(id, static_cast<int>(p)));
      if (best >= 0 && sum >= least) continue;
      best = static_cast<int>(p);
      least = sum;
    }
    return best;
  }

  /// The devices with places whose own route begins as this one does, near ones first.
  std::vector<Tier> tiers_to(DeviceRef target) const {
    const DeviceRef source = scenario_.workload.inputs.front().device;
    const auto whole = scenario_.route(source, target);
    if (!whole) return {};
    std::map<std::size_t, DeviceRef> by_distance;
    for (const auto& place : candidates_.places) {
      const auto route = scenario_.route(source, place.device);
      if (place.device == source || !route || route->size() > whole->size()) continue;
      if (std::equal(route->begin(), route->end(), whole->begin())) by_distance.emplace(route->size(), place.device);
    }
    by_distance.insert_or_assign(whole->size(), target);
    std::vector<Tier> tiers{{messages_.index_of(source), place_at(source)}};
    for (const auto& [distance, device] : by_distance)
      if (device != source) tiers.push_back({messages_.index_of(device), place_at(device)});
    return tiers;
  }

  bool may_run(LayerId id, int place) const {
    const auto& may = candidates_.by_layer[static_cast<std::size_t>(id)];
    return std::find(may.begin(), may.end(), place) != may.end();
  }

  Bytes answer_size(LayerId answer) const {
    return scenario_.workload.answer_size.value_or(net_.layer(answer).output_bytes);
  }

  /// A tensor over a hop, ps.
  double hop_of(LayerId id, const Tier& from, const Tier& to) const {
    constexpr double impossible = 1e16;
    const Bytes size = net_.layer(id).output_bytes;
    const auto cost = messages_.data(from.device, to.device, size);
    return (cost ? static_cast<double>(cost->picoseconds()) : impossible) + byte_price_ * size.value();
  }

  /// A layer on a tier, ps; the answer's way back included. Infinite where it may not be.
  double cost_of(LayerId id, const std::vector<Tier>& tiers, std::size_t t) const {
    const int place = tiers[t].place;
    if (place < 0 || !may_run(id, place)) return std::numeric_limits<double>::infinity();
    const auto share = static_cast<double>(bounds_.share(id, place));
    if (id != net_.answer_layer(static_cast<int>(net_.exits.size()))) return share;
    const std::int64_t back = bounds_.delivery(bounds_.answer_count() - 1, place);
    if (back >= Bounds::never) return std::numeric_limits<double>::infinity();
    return share + static_cast<double>(back) + static_cast<double>(t) * byte_price_ * answer_size(id).value();
  }

  /// What turns ps into whole numbers that the cut can add up, nodes times all costs.
  double scale_of(const std::vector<LayerId>& tensors, const std::vector<Tier>& tiers) const {
    constexpr double most = 1e14;
    double sum = 0;
    for (std::size_t t = 0; t < tiers.size(); ++t) {
      for (const LayerId id : candidates_.layers)
        if (const double cost = cost_of(id, tiers, t); std::isfinite(cost)) sum += cost;
      for (const LayerId id : tensors) sum += t + 1 < tiers.size() ? hop_of(id, tiers[t], tiers[t + 1]) : 0;
    }
    return std::min(1.0, most / sum);
  }

  std::vector<int> cut(const std::vector<Tier>& tiers) const {
    std::vector<LayerId> tensors{scenario_.workload.inputs.front().input};
    tensors.insert(tensors.end(), candidates_.layers.begin(), candidates_.layers.end());
    const double scale = scale_of(tensors, tiers);
    TierProblem problem;
    problem.tiers = static_cast<int>(tiers.size());
    std::vector<int> node_of(net_.layers.size(), -1);
    for (const LayerId id : tensors) {
      node_of[static_cast<std::size_t>(id)] = static_cast<int>(problem.costs.size());
      auto& costs = problem.costs.emplace_back(tiers.size(), TierProblem::forbidden);
      if (id == tensors.front()) {
        costs[0] = 0;
        continue;
      }
      for (std::size_t t = 0; t < tiers.size(); ++t)
        if (const double cost = cost_of(id, tiers, t); std::isfinite(cost)) costs[t] = std::llround(scale * cost);
    }
    for (const LayerId id : tensors) {
      TierProblem::Tensor tensor{node_of[static_cast<std::size_t>(id)], {}, {}};
      for (const LayerId next : net_.consumers(id))
        if (const int node = node_of[static_cast<std::size_t>(next)]; node >= 0) tensor.consumers.push_back(node);
      for (std::size_t t = 0; t + 1 < tiers.size(); ++t)
        tensor.hops.push_back(std::llround(scale * hop_of(id, tiers[t], tiers[t + 1])));
      problem.tensors.push_back(std::move(tensor));
    }
    const TierCut best = cheapest_tiers(problem);
    if (!best.is_feasible) return {};
    std::vector<int> places(net_.layers.size(), -1);
    for (const LayerId id : candidates_.layers)
      places[static_cast<std::size_t>(id)] =
          tiers[static_cast<std::size_t>(best.tier[static_cast<std::size_t>(node_of[static_cast<std::size_t>(id)])])]
              .place;
    return places;
  }

  const Scenario& scenario_;
  const model::Model& net_;
  const Candidates& candidates_;
  const Bounds& bounds_;
  double byte_price_;
  MessageCosts messages_;
};

}  // namespace

std::vector<std::vector<int>> tier_plans(const Scenario& scenario, const Candidates& candidates, const Bounds& bounds,
                                         double byte_price) {
  return TierPlanner(scenario, candidates, bounds, byte_price).run();
}

}  // namespace tiercut::planner
