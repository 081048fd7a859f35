// SPDX-License-Identifier: Apache-2.0
#include "report/energy.hpp"

#include <algorithm>

namespace tiercut::report {

namespace {

/// Units of a device stand next to each other, in the order of its profile.
Energy::Part device_part(const scenarios::Device& device, const deployment::StageGraph& graph,
                         const simulator::SimulationResult& result, std::size_t first_unit) {
  Energy::Part part;
  part.name = device.name;
  const Watts idle = device.profile->idle_power.value_or(Watts());
  part.idle = device.count * (idle * result.duration);
  for (std::size_t u = 0; u < device.profile->units.size(); ++u) {
    const auto& busy = device.profile->units[u].busy_power;
    if (!busy) continue;
    const double beyond = std::max(0.0, busy->value() - idle.value()) / graph.resources[first_unit + u].workers;
    part.compute += Watts(beyond) * result.resources[first_unit + u].busy;
  }
  return part;
}

bool states_power(const scenarios::Device& device) {
  return device.profile &&
         (device.profile->idle_power ||
          std::ranges::any_of(device.profile->units, [](const auto& unit) { return unit.busy_power.has_value(); }));
}

}  // namespace

std::optional<Energy> energy_of(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                                const simulator::SimulationResult& result, std::int64_t arrivals) {
  Energy energy;
  energy.arrivals = static_cast<double>(arrivals);
  std::size_t resource = 0;
  for (const scenarios::Device& device : scenario.devices) {
    if (states_power(device)) energy.parts.push_back(device_part(device, graph, result, resource));
    if (device.profile) resource += device.profile->units.size();
  }
  for (const scenarios::Link& link : scenario.links) {
    const Seconds busy = result.resources[resource++].busy;
    if (!link.power) continue;
    Energy::Part part;
    part.name = link.name;
    part.is_link = true;
    part.send = link.power->send * busy;
    part.receive = link.power->receive * busy;
    energy.parts.push_back(part);
  }
  if (energy.parts.empty()) return std::nullopt;
  for (const Energy::Part& part : energy.parts) energy.for_samples += part.compute + part.send + part.receive;
  return energy;
}

}  // namespace tiercut::report
