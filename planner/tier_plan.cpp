// SPDX-License-Identifier: Apache-2.0
#include "planner/tier_plan.hpp"

#include <algorithm>
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

  std::int64_t price_of(Bytes size) const { return static_cast<std::int64_t>(byte_price_ * size.value()); }
  Bytes answer_size(LayerId answer) const {
    return scenario_.workload.answer_size.value_or(net_.layer(answer).output_bytes);
  }

  TierProblem::Tensor tensor_of(LayerId id, const std::vector<int>& node_of, const std::vector<Tier>& tiers) const {
    TierProblem::Tensor tensor;
    tensor.producer = node_of[static_cast<std::size_t>(id)];
    for (const LayerId next : net_.consumers(id))
      if (node_of[static_cast<std::size_t>(next)] >= 0)
        tensor.consumers.push_back(node_of[static_cast<std::size_t>(next)]);
    for (std::size_t t = 0; t + 1 < tiers.size(); ++t) {
      const auto cost = messages_.data(tiers[t].device, tiers[t + 1].device, net_.layer(id).output_bytes);
      tensor.hops.push_back(cost ? cost->picoseconds() + price_of(net_.layer(id).output_bytes)
                                 : Bounds::never / 1'000'000);
    }
    return tensor;
  }

  std::vector<int> cut(const std::vector<Tier>& tiers) const {
    TierProblem problem;
    problem.tiers = static_cast<int>(tiers.size());
    std::vector<int> node_of(net_.layers.size(), -1);
    const LayerId input = scenario_.workload.inputs.front().input;
    node_of[static_cast<std::size_t>(input)] = 0;
    problem.costs.emplace_back(tiers.size(), TierProblem::forbidden)[0] = 0;
    const LayerId answer = net_.answer_layer(static_cast<int>(net_.exits.size()));
    for (const LayerId id : candidates_.layers) {
      node_of[static_cast<std::size_t>(id)] = static_cast<int>(problem.costs.size());
      auto& costs = problem.costs.emplace_back(tiers.size(), TierProblem::forbidden);
      for (std::size_t t = 0; t < tiers.size(); ++t) {
        if (tiers[t].place < 0 || !may_run(id, tiers[t].place)) continue;
        const std::int64_t back =
            id == answer ? bounds_.delivery(bounds_.answer_count() - 1, tiers[t].place) : std::int64_t{0};
        const auto bytes = id == answer ? static_cast<std::int64_t>(t) * price_of(answer_size(id)) : std::int64_t{0};
        if (back < Bounds::never) costs[t] = bytes + bounds_.share(id, tiers[t].place) + back;
      }
    }
    problem.tensors.push_back(tensor_of(input, node_of, tiers));
    for (const LayerId id : candidates_.layers) problem.tensors.push_back(tensor_of(id, node_of, tiers));
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
