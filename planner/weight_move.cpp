// SPDX-License-Identifier: Apache-2.0
#include "planner/weight_move.hpp"

#include <algorithm>
#include <map>

#include "deployment/grouping.hpp"
#include "deployment/places.hpp"

namespace tiercut::planner {
namespace {

using scenarios::DeviceRef;
using scenarios::Scenario;

class Shipping {
 public:
  explicit Shipping(const Scenario& scenario) : scenario_(scenario) {}

  void send(DeviceRef from, DeviceRef to, Bytes size) { streams_[{from, to}] += size; }

  bool connects(DeviceRef from, DeviceRef to) const { return from == to || scenario_.route(from, to).has_value(); }

  void settle(WeightMove& move) const {
    std::map<std::pair<int, int>, Bytes> loads;
    Seconds longest(0);
    for (const auto& [ends, size] : streams_) {
      move.size += size;
      const auto route = scenario_.route(ends.first, ends.second);
      if (!route) {
        move.least_time.reset();
        continue;
      }
      Seconds latency(0), transmission(0);
      for (const scenarios::Hop& hop : *route) {
        loads[{hop.link, hop.member}] += size;
        latency += link(hop.link).latency;
        transmission = std::max(transmission, transmitted(hop.link, size));
      }
      longest = std::max(longest, latency + transmission);
    }
    for (const auto& [hop, size] : loads) {
      move.links.push_back({{hop.first, hop.second}, size});
      longest = std::max(longest, link(hop.first).latency + transmitted(hop.first, size));
    }
    if (move.least_time) move.least_time = longest;
  }

 private:
  const scenarios::Link& link(int index) const { return scenario_.links[static_cast<std::size_t>(index)]; }
  Seconds transmitted(int index, Bytes size) const { return link(index).overhead + size / link(index).bandwidth; }

  const Scenario& scenario_;
  std::map<std::pair<DeviceRef, DeviceRef>, Bytes> streams_;
};

}  // namespace

std::vector<DeviceRef> weight_origins(const Scenario& scenario, const deployment::PlanInForce& from, DeviceRef store) {
  const auto before = deployment::structure_of(scenario, from.plan);
  std::vector<DeviceRef> origins;
  for (model::LayerId id = 0; id < scenario.model->layer_count(); ++id)
    origins.push_back(
        before.is_needed(id) && !from.is_lost(id) ? from.plan.placement[static_cast<std::size_t>(id)].device : store);
  return origins;
}

WeightMove move_weights(const Scenario& scenario, const deployment::PlanInForce& from, const deployment::Plan& to,
                        DeviceRef store) {
  const model::Model& net = *scenario.model;
  const auto before = deployment::structure_of(scenario, from.plan);
  const auto after = deployment::structure_of(scenario, to);
  const auto origins = weight_origins(scenario, from, store);
  WeightMove move;
  Shipping shipping(scenario);
  for (model::LayerId id = 0; id < net.layer_count(); ++id) {
    if (!deployment::computes(net.layer(id)) || !after.is_needed(id)) continue;
    const auto i = static_cast<std::size_t>(id);
    const bool was_there = before.is_needed(id);
    const bool is_lost = from.is_lost(id);
    if (was_there && !is_lost && from.plan.placement[i] == to.placement[i]) continue;
    const std::string name = !was_there ? "" : is_lost ? from.lost[i] : scenario.name_of(from.plan.placement[i]);
    move.layers.push_back({id, name, was_there && is_lost, to.placement[i]});
    const DeviceRef target = to.placement[i].device;
    DeviceRef origin = origins[i];
    if (!shipping.connects(origin, target)) origin = store;
    if (origin == target || net.layer(id).weight_bytes.value() == 0) continue;
    shipping.send(origin, target, net.layer(id).weight_bytes);
  }
  shipping.settle(move);
  return move;
}

}  // namespace tiercut::planner
